# Makes every system call there is with empty arguments.
# ends: finished|killed|timeout
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
ends_or_waits = {3, 15, 23, 34, 56, 57, 58, 60, 231, 270, 271}
for call in range(470):
    if call not in ends_or_waits:
        libc.syscall(call, 0, 0, 0, 0, 0, 0)
os.write(2, b"alive")
