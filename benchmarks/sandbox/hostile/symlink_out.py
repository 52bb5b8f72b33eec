# Follows links that it makes itself out of its folder.
# ends: finished
import os
for number, target in enumerate((SECRET_FILE, DROP, "/proc/self/root" + SECRET_FILE, "/proc/1/root")):
    link = f"/tmp/link{number}"
    os.symlink(target, link)
    try:
        print(open(link).read() if os.path.isfile(link) else os.listdir(link))
        open(link + "/through", "w").write("here")
    except OSError as error:
        print(error)
