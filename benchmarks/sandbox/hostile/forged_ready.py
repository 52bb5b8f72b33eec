# Speaks to whoever started it in the launcher's own words.
# ends: finished
import os
os.write(1, b"\x06" * 10 + b"\x00\x00\x00\x02{}")
os._exit(0)
