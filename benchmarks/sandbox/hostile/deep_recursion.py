# Recurses until the stack overflows.
# ends: killed|memory|finished|timeout
import sys
sys.setrecursionlimit(10**9)
def down(n):
    return down(n + 1) + 1
down(0)
