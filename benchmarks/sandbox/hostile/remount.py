# Mounts the tree again, writable, and something else over it.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for source, target, kind, flags in ((b"/", b"/", None, 32), (b"/", b"/", None, 32 | 4096), (b"none", b"/usr", b"tmpfs", 0), (b"proc", b"/tmp", b"proc", 0), (b"/usr", b"/tmp", None, 4096)):
    done = libc.mount(source, target, kind, flags, None)
    print("OPEN" if done == 0 else "shut", target, ctypes.get_errno())
for call in (165, 166, 155, 428, 429, 430, 442):
    done = libc.syscall(call, b"/", b"/", b"tmpfs", 0, 0)
    print("OPEN" if done >= 0 else "shut", call, ctypes.get_errno())
