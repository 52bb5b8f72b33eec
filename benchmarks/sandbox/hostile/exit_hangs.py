# Hangs when it should end.
# ends: timeout
import atexit, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
atexit.register(time.sleep, 1000)
