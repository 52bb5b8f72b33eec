# Reads and keeps keys in the kernel.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("OPEN" if libc.syscall(248, b"user", b"k", b"v", 1, -3) >= 0 else "shut", ctypes.get_errno())
print("OPEN" if libc.syscall(249, b"user", b"k", None, -3) >= 0 else "shut", ctypes.get_errno())
for command in range(6):
    print("OPEN" if libc.syscall(250, command, -3, 0, 0, 0) >= 0 else "shut", ctypes.get_errno())
