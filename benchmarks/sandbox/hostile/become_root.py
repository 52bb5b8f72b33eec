# Becomes another user.
# ends: finished
import os
for step in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    try:
        step()
        print("OPEN")
    except OSError as error:
        print(error)
if 0 in (os.getuid(), os.geteuid(), os.getgid(), *os.getgroups()):
    print("OPEN")
