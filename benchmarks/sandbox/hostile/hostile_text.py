# Writes bytes that are no text, and codes that move a terminal's cursor.
# ends: finished
import os
os.write(1, bytes(range(256)) + b"\x1b]0;owned\x07\x1b[2J\xff\xfe")
