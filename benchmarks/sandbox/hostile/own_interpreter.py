# Starts a fresh interpreter without the launcher's settings.
# ends: finished
import subprocess, sys
code = "import os,resource; print(os.getuid(), resource.getrlimit(resource.RLIMIT_AS)[0])"
done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
print(done.stdout, done.stderr)
if done.stdout.startswith("0 ") or "-1" in done.stdout:
    print("OPEN")
