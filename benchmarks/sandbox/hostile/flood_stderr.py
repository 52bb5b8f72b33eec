# Writes to standard error without end.
# ends: output
import os
while True:
    os.write(2, b"x" * 65536)
