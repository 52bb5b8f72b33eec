# Takes memory of the kernel by pipes and pairs of sockets.
# ends: finished
import fcntl, os, socket
pairs, written = [], 0
try:
    while True:
        pairs.append(os.pipe())
        fcntl.fcntl(pairs[-1][1], 1031, 1 << 20)
        os.set_blocking(pairs[-1][1], False)
        try:
            while True:
                written += os.write(pairs[-1][1], bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError as error:
    print(error)
print("OPEN" if written > 200 << 20 else "shut", written)
