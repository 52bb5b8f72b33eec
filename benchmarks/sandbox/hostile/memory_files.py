# Takes memory by files in its folder.
# ends: finished|killed
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
written = 0
for number in range(64):
    try:
        with open(f"/tmp/{number}", "wb") as file:
            for _ in range(64):
                written += file.write(bytes(1 << 20))
    except OSError as error:
        print(error)
        break
print("OPEN" if written > 100 << 20 else "shut", written)
