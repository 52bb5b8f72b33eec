# Connects to a server of the machine.
# ends: finished
import socket
socket.create_connection(("127.0.0.1", PORT), timeout=2).sendall(b"out")
