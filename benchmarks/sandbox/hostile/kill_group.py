# Kills its own process group.
# ends: killed
import os, signal
os.killpg(0, signal.SIGKILL)
