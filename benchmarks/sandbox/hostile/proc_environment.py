# Reads the environment and memory of other processes.
# ends: finished
for pid in ("self", "1", PARENT, "thread-self"):
    for name in ("environ", "cmdline", "maps", "mem", "root" + SECRET_FILE, "cwd"):
        try:
            print("OPEN", open(f"/proc/{pid}/{name}", "rb").read(1000))
        except OSError as error:
            print(error)
