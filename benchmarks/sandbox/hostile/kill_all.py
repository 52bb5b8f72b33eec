# Kills every process it can reach.
# ends: finished|killed
import os, signal
os.kill(-1, signal.SIGKILL)
