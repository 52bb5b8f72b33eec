# Forks for ever.
# ends: timeout|killed
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
