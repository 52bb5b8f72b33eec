# Takes memory in small pieces.
# ends: memory|killed
taken = []
while True:
    taken.append(bytes(1 << 20))
