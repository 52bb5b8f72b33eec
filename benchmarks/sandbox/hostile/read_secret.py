# Reads a file that anybody on the machine may read.
# ends: finished
print(open(SECRET_FILE).read())
