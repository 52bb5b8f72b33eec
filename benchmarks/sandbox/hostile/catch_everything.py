# Catches every exception and goes on.
# ends: timeout
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
