# Unpacks gigabytes to its folder.
# ends: finished|killed
import io, os, signal, zipfile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
    for number in range(10):
        archive.writestr(f"{number}", bytes(10 << 20), compresslevel=1)
try:
    zipfile.ZipFile(buffer).extractall("/tmp/out")
    print("OPEN")
except OSError as error:
    print(error)
