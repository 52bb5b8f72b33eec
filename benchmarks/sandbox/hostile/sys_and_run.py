# Looks for services of the machine to talk to.
# ends: finished
import os
for path in ("/sys", "/run", "/var", "/proc", "/boot", "/mnt", "/opt", "/srv", "/var/run/docker.sock", "/run/dbus"):
    if os.path.exists(path):
        print("OPEN", path)
