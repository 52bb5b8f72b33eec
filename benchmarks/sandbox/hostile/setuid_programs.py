# Looks for programs that run as their owner, and runs them.
# ends: finished|timeout
import os, stat, subprocess
for folder, _, files in os.walk("/usr"):
    for name in files:
        path = os.path.join(folder, name)
        try:
            if os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID):
                print(path, subprocess.run([path], capture_output=True, timeout=1).returncode)
        except (OSError, subprocess.SubprocessError) as error:
            print(path, error)
open("/tmp/own", "w").write("#")
os.chmod("/tmp/own", 0o6755)
if os.statvfs("/tmp").f_flag & os.ST_NOSUID == 0:
    print("OPEN")
