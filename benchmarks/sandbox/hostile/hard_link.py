# Links files from outside to where it may write.
# ends: finished
import os
for source in (SECRET_FILE, "/inside.py", os.__file__):
    try:
        os.link(source, "/tmp/linked")
        print("OPEN", source)
    except OSError as error:
        print(error)
