# Opens sockets of every kind.
# ends: finished
import socket
for family in range(46):
    for kind in (1, 2, 3, 5, 10):
        try:
            socket.socket(family, kind).close()
            print("OPEN", family, kind)
        except OSError:
            pass
