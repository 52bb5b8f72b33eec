# Unpacks to a path outside.
# ends: finished
import io, tarfile
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w") as archive:
    for name in (DROP + "/slipped", "../../../.." + DROP + "/slipped"):
        member = tarfile.TarInfo(name)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"here"))
buffer.seek(0)
tarfile.open(fileobj=buffer).extractall("/tmp")
