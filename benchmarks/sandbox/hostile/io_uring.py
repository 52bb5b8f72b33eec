# Asks for files and sockets through io_uring.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
parameters = ctypes.create_string_buffer(256)
for call in (425, 426, 427):
    print("OPEN" if libc.syscall(call, 8, parameters, 0, 0) >= 0 else "shut", ctypes.get_errno())
