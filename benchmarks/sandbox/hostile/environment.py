# Prints everything it was given by the environment.
# ends: finished
import ctypes, os
names = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
number = 0
while names[number]:
    print(names[number])
    number += 1
known = {"PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "PWD", "LC_CTYPE"}
if set(os.environ) - known:
    print("OPEN", dict(os.environ))
