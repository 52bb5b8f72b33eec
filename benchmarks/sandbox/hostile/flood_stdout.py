# Writes to standard output without end.
# ends: output
while True:
    print("x" * 1000)
