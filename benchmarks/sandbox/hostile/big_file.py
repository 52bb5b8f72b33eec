# Makes a file of many terabytes.
# ends: finished|killed
import os
with open("/tmp/big", "wb") as file:
    file.truncate(1 << 44)
print("OPEN", os.path.getsize("/tmp/big"))
