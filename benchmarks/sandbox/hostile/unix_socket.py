# Connects to a socket in the file system, and to one with an abstract name.
# ends: finished
import socket
for address in (SOCKET, ABSTRACT):
    try:
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(address)
        peer.sendall(b"out")
    except OSError as error:
        print(error)
