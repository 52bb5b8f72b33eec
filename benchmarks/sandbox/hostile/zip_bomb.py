# Unpacks gigabytes from a few kilobytes, in memory.
# ends: memory|killed|timeout
import zlib
small = zlib.compress(bytes(20 << 20), 1)
print(len(small))
print(len(b"".join(zlib.decompress(small) for _ in range(100))))
