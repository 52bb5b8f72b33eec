# Lists the homes of users.
# ends: finished
import os
inside = os.path.dirname(os.__file__)
for home in ("/home", "/root", os.path.expanduser("~")):
    try:
        found = [os.path.join(home, name) for name in os.listdir(home)]
    except OSError as error:
        print(error)
        continue
    if found and not any(inside.startswith(name) for name in found):
        print("OPEN", found)
