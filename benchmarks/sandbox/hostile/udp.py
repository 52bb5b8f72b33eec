# Sends a datagram to a server of the machine.
# ends: finished
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"out", ("127.0.0.1", PORT))
