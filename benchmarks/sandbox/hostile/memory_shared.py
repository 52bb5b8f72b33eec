# Takes memory that no process's limit counts.
# ends: finished
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, call in (("shmget", 29), ("msgget", 68), ("semget", 64), ("mq_open", 240), ("memfd_create", 319), ("memfd_secret", 447)):
    done = libc.syscall(call, 0, 1 << 30, 0o1666, 0)
    print("OPEN" if done >= 0 else "shut", name, ctypes.get_errno())
try:
    print("OPEN", os.memfd_create("x"))
except OSError as error:
    print(error)
