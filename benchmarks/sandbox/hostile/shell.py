# Starts a shell and other commands.
# ends: finished
import os, subprocess
for command in ("/bin/sh", "sh", "/usr/bin/env", "bash", "/usr/bin/python3", "busybox"):
    try:
        done = subprocess.run([command, "-c", "id"], capture_output=True)
        print("OPEN", command, done)
    except OSError as error:
        print(error)
print("OPEN" if os.system("true") == 0 else "shut")
