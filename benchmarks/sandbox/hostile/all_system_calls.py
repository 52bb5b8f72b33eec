# Makes every system call there is with empty arguments.
# ends: finished|killed|timeout
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
harmless_to_skip = {15, 34, 60, 231, 3, 57, 58, 56}
for call in range(470):
    if call not in harmless_to_skip:
        libc.syscall(call, 0, 0, 0, 0, 0, 0)
os.write(2, b"alive")
