# Changes settings of the kernel.
# ends: finished
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", "/proc/sys/vm/overcommit_memory", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs"):
    try:
        open(path, "r+").close()
        print("OPEN", path)
    except OSError as error:
        print(error)
