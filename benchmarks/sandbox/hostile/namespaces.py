# Makes namespaces of its own.
# ends: finished
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x10000000 | 0x20000):
    print("OPEN" if libc.unshare(flags) == 0 else "shut", hex(flags), ctypes.get_errno())
    child = libc.syscall(56, flags | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    print("OPEN" if child > 0 else "shut", "clone", ctypes.get_errno())
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
child = libc.syscall(435, arguments, ctypes.sizeof(arguments))
if child == 0:
    os._exit(0)
print("OPEN" if child > 0 else "shut", "clone3", ctypes.get_errno())
print("OPEN" if libc.setns(0, 0) == 0 else "shut", "setns", ctypes.get_errno())
