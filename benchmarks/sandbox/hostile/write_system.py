# Writes beside the system's files.
# ends: finished
import os
for place in ("/", "/usr/lib", "/lib", "/etc", "/dev", "/usr", "/packages", "/inside.py"):
    try:
        path = place if place.endswith(".py") else os.path.join(place, "planted")
        open(path, "a").write("#")
        print("OPEN", path)
    except OSError as error:
        print(error)
