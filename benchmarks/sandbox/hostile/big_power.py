# Computes a number with too many digits.
# ends: timeout|memory
print(9**9**9**9)
