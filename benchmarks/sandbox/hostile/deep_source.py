# Overflows the compiler's stack.
# ends: finished|killed|memory
eval("(" * 100000 + ")" * 100000)
