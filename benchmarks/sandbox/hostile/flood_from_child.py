# Lets a child write without end, and ends itself.
# ends: output|finished
import os
if os.fork() == 0:
    while True:
        os.write(1, b"x" * 65536)
