"""Sandboxes: where programs run that a model wrote, and that are taken to be hostile.

`protocol` is what every sandbox takes and gives. `by_need` chooses between two by a program's text:
`restricted` runs the small calculations that `snippets` tells, `isolated` runs any Python program
in a process with everything closed. `box` is one such process, `bubblewrap` and `syscalls` are what
it may see and ask of the kernel, `inside` waits in it for the program.
"""
