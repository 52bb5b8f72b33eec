# Takes memory in many processes.
# ends: timeout|memory|killed|finished
import os
while True:
    try:
        os.fork()
        taken = bytearray(100 << 20)
    except (OSError, MemoryError):
        pass
