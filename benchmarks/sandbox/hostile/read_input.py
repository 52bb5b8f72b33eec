# Waits for input that nobody gives.
# ends: finished
import sys
print(len(sys.stdin.read()))
