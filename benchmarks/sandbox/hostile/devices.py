# Opens disks, memory and terminals, and makes their nodes.
# ends: finished
import os, stat
for name in ("mem", "kmsg", "port", "vda", "sda", "nvme0n1", "loop-control", "tty", "ptmx", "console", "fuse", "kvm", "net/tun", "shm"):
    if os.path.exists("/dev/" + name):
        print("OPEN", name)
for name, kind, device in (("disk", stat.S_IFBLK, (254, 0)), ("mem", stat.S_IFCHR, (1, 1)), ("queue", stat.S_IFIFO, (0, 0))):
    try:
        os.mknod("/tmp/" + name, 0o666 | kind, os.makedev(*device))
        print("OPEN" if kind != stat.S_IFIFO else "made", open("/tmp/" + name, "rb").read(10))
    except OSError as error:
        print(error)
