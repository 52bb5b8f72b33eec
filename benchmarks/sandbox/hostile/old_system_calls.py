# Enters the kernel by its 32-bit door, which has other numbers.
# ends: finished|killed
import ctypes, mmap, platform
if platform.machine() == "x86_64":
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b866010000bb01000000b900000000cd80c3"))  # socketcall through int 0x80
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    done = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    print("OPEN" if done >= 0 else "shut", done)
