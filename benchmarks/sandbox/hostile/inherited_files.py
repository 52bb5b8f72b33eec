# Uses files that the process that started it left open.
# ends: finished
import os
for number in range(3, 4096):
    try:
        os.fstat(number)
        print("OPEN", number)
    except OSError:
        pass
