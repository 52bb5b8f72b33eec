# Takes all the memory it gets, and does not mind being refused.
# ends: timeout|memory|killed
taken = []
size = 1 << 20
while True:
    try:
        taken.append(bytearray(size))
    except MemoryError:
        size = max(1, size // 2)
