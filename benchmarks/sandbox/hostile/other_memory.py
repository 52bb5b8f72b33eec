# Reads and takes over other processes by number.
# ends: finished
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, call in (("process_vm_readv", 310), ("process_vm_writev", 311), ("kcmp", 312), ("pidfd_open", 434), ("pidfd_getfd", 438), ("process_madvise", 440)):
    done = libc.syscall(call, int(os.getppid()), 0, 0, 0, 0, 0)
    print("OPEN" if done >= 0 else "shut", name, ctypes.get_errno())
