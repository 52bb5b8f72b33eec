# Kills process numbers one after another.
# ends: finished|killed
import os, signal
for pid in range(2, 70000):
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
