# Makes the folders of the path that leads outside, and writes there.
# ends: finished
import os
os.makedirs(DROP, exist_ok=True)
open(DROP + "/made", "w").write("here")
