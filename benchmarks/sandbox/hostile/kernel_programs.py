# Loads programs and modules into the kernel.
# ends: finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
for name, call in (("bpf", 321), ("perf_event_open", 298), ("userfaultfd", 323), ("init_module", 175), ("finit_module", 313), ("kexec_load", 246), ("swapon", 167), ("acct", 163), ("fanotify_init", 300), ("lookup_dcookie", 212), ("landlock", 444), ("vmsplice", 278)):
    done = libc.syscall(call, 0, buffer, 64, 0, 0, 0)
    print("OPEN" if done >= 0 or ctypes.get_errno() != 38 else "shut", name, ctypes.get_errno())
