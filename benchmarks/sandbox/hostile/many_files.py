# Opens and makes files without end.
# ends: finished|killed|timeout
import os
files = []
try:
    while True:
        files.append(open(f"/tmp/{len(files)}", "w"))
except OSError as error:
    print(len(files), error)
if len(files) > 200:
    print("OPEN")
number = 0
try:
    while True:
        os.mkdir(f"/tmp/folder{number}")
        number += 1
except OSError as error:
    print(number, error)
