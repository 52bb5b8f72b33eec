# Waits for connections of its own.
# ends: finished
import socket
server = socket.socket()
server.bind(("0.0.0.0", 0))
server.listen()
print("OPEN", server.getsockname())
