# Changes the machine's clock and name.
# ends: finished
import ctypes, socket, time
libc = ctypes.CDLL(None, use_errno=True)
for step in (lambda: time.clock_settime(time.CLOCK_REALTIME, 0), lambda: socket.sethostname("taken")):
    try:
        step()
        print("OPEN")
    except OSError as error:
        print(error)
