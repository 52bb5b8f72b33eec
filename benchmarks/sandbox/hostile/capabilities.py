# Asks for capabilities.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
print("OPEN" if libc.syscall(126, header, data) == 0 else "shut", ctypes.get_errno())
for option in (24, 47, 8, 38, 4, 15):
    print(option, libc.prctl(option, 2, 12, 0, 0))
