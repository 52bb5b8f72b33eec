# Unpacks gigabytes from a few kilobytes, in memory.
# ends: memory|killed
import zlib
small = zlib.compress(bytes(100 << 20), 9)
print(len(small))
print(len(b"".join(zlib.decompress(small) for _ in range(100))))
