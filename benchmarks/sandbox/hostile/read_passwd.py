# Reads the machine's users.
# ends: finished
print("OPEN", open("/etc/passwd").read())
