# Leaves a process behind that holds none of the pipes.
# ends: finished
import os, time
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 256)
    while True:
        time.sleep(1)
