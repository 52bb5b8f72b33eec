# Takes ten gigabytes at once.
# ends: memory
taken = bytearray(10 << 30)
