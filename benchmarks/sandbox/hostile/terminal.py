# Types into the terminal that started it.
# ends: finished
import fcntl, os, termios
for number in range(3):
    for request, value in ((termios.TIOCSTI, b"x"), (0x541C, b"\x03"), (termios.TIOCSCTTY, 1)):
        try:
            fcntl.ioctl(number, request, value)
            print("OPEN", number, request)
        except OSError as error:
            print(error)
try:
    print("OPEN", os.open("/dev/tty", os.O_RDWR))
except OSError as error:
    print(error)
