# Locks its memory in.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("OPEN" if libc.mlockall(3) == 0 else "shut", ctypes.get_errno())
