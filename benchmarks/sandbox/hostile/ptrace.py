# Traces its parent and its own child.
# ends: finished
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for request, pid in ((16, os.getppid()), (16, 1), (0, 0), (0x4206, os.getppid())):
    done = libc.ptrace(request, pid, 0, 0)
    print("OPEN" if done == 0 else "shut", ctypes.get_errno())
