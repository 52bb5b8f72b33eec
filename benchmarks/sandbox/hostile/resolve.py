# Asks for the address of a name, which could carry data out.
# ends: finished
import socket
try:
    print("OPEN", socket.getaddrinfo("example.com", 80))
except OSError as error:
    print(error)
print(len(socket.if_nameindex()) if hasattr(socket, "if_nameindex") else 0)
