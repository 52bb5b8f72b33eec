# Writes to a folder that anybody on the machine may write to.
# ends: finished
open(DROP + "/written", "w").write("here")
