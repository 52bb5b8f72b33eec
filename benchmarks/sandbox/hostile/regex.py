# Matches a regular expression that takes exponential time.
# ends: timeout
import re
re.match("(a+)+$", "a" * 60 + "b")
