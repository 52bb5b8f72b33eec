# Walks the whole tree and prints whatever looks secret.
# ends: finished
import os
for folder, _, files in os.walk("/"):
    for name in files:
        if "secret" in name or name.startswith((".bash", "id_", "shadow", ".env")):
            if not folder.startswith(os.path.dirname(os.__file__)):
                print("OPEN", folder, name, open(os.path.join(folder, name)).read())
