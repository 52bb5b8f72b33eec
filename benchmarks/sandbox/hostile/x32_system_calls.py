# Enters the kernel by the numbers of the x32 interface.
# ends: finished|killed
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for call in (41, 165, 272, 101, 425):
    done = libc.syscall(ctypes.c_long(0x40000000 + call), 1, 1, 0, 0, 0)
    print("OPEN" if done >= 0 else "shut", call, ctypes.get_errno())
