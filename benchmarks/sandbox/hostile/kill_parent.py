# Kills the process that started it.
# ends: finished|killed
import os, signal
for pid in (os.getppid(), 1, int(PARENT), int(BYSTANDER)):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(pid, number)
            print("sent", pid, number)
        except OSError as error:
            print(error)
