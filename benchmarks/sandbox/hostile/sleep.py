# Sleeps for ever.
# ends: timeout
import time
while True:
    time.sleep(1000)
