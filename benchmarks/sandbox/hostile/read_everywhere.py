# Walks the whole tree and prints whatever looks secret.
# ends: finished
import os
for folder, _, files in os.walk("/"):
    for name in files:
        if name in ("secret", "shadow", ".env", ".bash_history", "id_rsa", "credentials"):
            print("OPEN", folder, name, open(os.path.join(folder, name)).read())
