"""Sandboxes: where programs run that a model wrote, and that are taken to be hostile.

`protocol` is what every sandbox takes and gives. `isolated` runs any Python program in a process
with everything closed: `box` is one such process, `bubblewrap` and `syscalls` what it may see and
ask of the kernel, `inside` what waits in it for the program.
"""
