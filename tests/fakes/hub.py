"""A Hub on loopback that the real client accepts: data sets, branches, tags, large files.

    with FakeHub() as hub:
        HfApi(endpoint=hub.url).create_repo("me/set", repo_type="dataset")

Repositories live in memory. `refuse` sees every request and may answer with an error instead. Xet
storage is not spoken: the client must run with HF_HUB_DISABLE_XET=1. As a program,
`python -m tests.fakes.hub [PORT]`, it prints its address and serves until it is stopped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

LARGE = (".parquet",)
"""Files that are kept as large ones, whatever their size."""


class HubError(Exception):
    """An error answer in the Hub's form."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(kw_only=True)
class Repo:
    """A repository: commits are whole listings of files."""

    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, branch: str, files: dict[str, bytes]) -> str:
        """Commit a listing."""
        said = json.dumps([branch, len(self.commits), sorted(files)])
        commit = hashlib.sha1(said.encode()).hexdigest()
        self.commits[commit] = files
        self.branches[branch] = commit
        return commit

    def at(self, revision: str) -> str:
        """Return the commit of a branch, tag or commit."""
        commit = self.branches.get(revision) or self.tags.get(revision) or revision
        if commit not in self.commits:
            raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    def files(self, branch: str = "main") -> dict[str, bytes]:
        """Return what a branch holds."""
        return self.commits[self.branches[branch]]


@dataclass(kw_only=True)
class FakeHub:
    """The server and what it holds; a context manager."""

    token: str | None = None
    """The one token that may read private sets and write; null to let everybody."""
    port: int = 0
    refuse: Callable[[str, str], int | None] = lambda _method, _path: None
    """Method and path of a request to the status of an error instead of its answer, or null."""
    repos: dict[str, Repo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    """Large files by SHA-256, also those that no commit names."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request."""

    @property
    def url(self) -> str:
        """Address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def uploads(self) -> int:
        """Return how many large files were sent."""
        return sum(method == "PUT" for method, _ in self.seen)

    def repo(self, name: str) -> Repo:
        """Return a repository."""
        if name not in self.repos:
            raise HubError(404, f"Repository not found: {name}", "RepoNotFound")
        return self.repos[name]


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else self._chunks()
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.hub.seen.append((self.command, path))
        try:
            status = self.hub.refuse(self.command, path)
            if status is not None:
                raise HubError(status, "refused by the test")  # noqa: TRY301
            self._route(path, parse_qs(parts.query), body)
        except HubError as error:
            headers = {"X-Error-Message": str(error)}
            if error.code:
                headers["X-Error-Code"] = error.code
            self._send(json.dumps({"error": str(error)}).encode(), error.status, headers)

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike: the base class looks for `do_GET` and its like."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _chunks(self) -> bytes:
        """Read a body that is sent in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return b""
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: Any) -> None:
        self._send(json.dumps(value).encode(), headers={"Content-Type": "application/json"})

    def _allow(self, repo: Repo | None = None) -> None:
        """Refuse strangers what is private, and writing."""
        if (
            self.hub.token is None
            or self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        ):
            return
        if repo is None or repo.private:
            raise HubError(401, "Invalid username or password.", "RepoNotFound" if repo else None)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._validate(json.loads(body)["content"])
        elif match := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
            self._upload(match[1], body)
        elif match := re.fullmatch(r"/datasets/(.+?/.+?)\.git/info/lfs/objects/batch", path):
            self._batch(json.loads(body))
        elif match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(self.hub.repo(match[1]), match[2], match[3])
        elif match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([a-z-]+)(?:/(.+))?)?", path):
            repo = self.hub.repo(match[1])
            self._allow(repo)
            self._of_repo(match[1], repo, match[2] or "revision", match[3] or "main", query, body)
        else:
            raise HubError(404, f"no such page: {path}")

    def _of_repo(
        self, name: str, repo: Repo, what: str, rest: str, query: dict[str, list[str]], body: bytes
    ) -> None:
        if what == "revision":
            commit = repo.at(rest)
            names = [{"rfilename": path} for path in repo.commits[commit]]
            self._json({"id": name, "sha": commit, "private": repo.private, "siblings": names})
        elif what == "refs":
            self._json({"branches": _refs(repo.branches), "tags": _refs(repo.tags), "converts": []})
        elif what == "tree":
            revision, _, folder = rest.partition("/")
            files = repo.commits[repo.at(revision)]
            self._json(list(_tree(files, folder, deep="recursive" in query)))
        elif what == "paths-info":
            files = repo.commits[repo.at(rest)]
            wanted = parse_qs(body.decode())["paths"]
            entries = _tree(files, "", deep=True)
            self._json([entry for entry in entries if entry["path"] in wanted])
        else:
            self._allow()
            self._write(name, repo, what, rest, body)

    def _write(self, name: str, repo: Repo, what: str, rest: str, body: bytes) -> None:
        if what == "branch":
            if rest in repo.branches:
                raise HubError(409, "Reference already exists")
            repo.branches[rest] = repo.at("main")
            self._json({})
        elif what == "tag":
            tag = json.loads(body)["tag"]
            if tag in repo.tags:
                raise HubError(409, "Tag already exists")
            repo.tags[tag] = repo.at(rest)
            self._json({})
        elif what == "preupload":
            files = repo.commits[repo.at(rest)]
            paths = [file["path"] for file in json.loads(body)["files"]]
            self._json({"files": [_mode(path, files.get(path)) for path in paths]})
        elif what == "commit":
            lines = [json.loads(line) for line in body.splitlines()]
            commit = self._commit(repo, rest, lines)
            url = f"{self.hub.url}/datasets/{name}/commit/{commit}"
            self._json({"commitOid": commit, "commitUrl": url})
        else:
            raise HubError(404, f"no such thing: {what}")

    def _create(self, wanted: dict[str, Any]) -> None:
        self._allow()
        name = f"{wanted['organization']}/{wanted['name']}"
        if name in self.hub.repos:
            raise HubError(409, "You already created this dataset repo")
        private = wanted.get("private") or wanted.get("visibility") == "private"
        self.hub.repos[name] = repo = Repo(private=bool(private))
        repo.add("main", {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"})
        self._json({"url": f"{self.hub.url}/datasets/{name}", "name": name})

    def _validate(self, content: str) -> None:
        front = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
        try:
            loaded = yaml.safe_load(front[1]) if front else {}
            errors = [] if isinstance(loaded, dict) else [{"message": "not a mapping"}]
        except yaml.YAMLError as error:
            errors = [{"message": str(error)}]
        self._send(json.dumps({"errors": errors, "warnings": []}).encode(), 400 if errors else 200)

    def _batch(self, wanted: dict[str, Any]) -> None:
        self._allow()
        objects = []
        for one in wanted["objects"]:
            actions = {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}
            here = one["oid"] in self.hub.blobs
            objects.append({**one, **({} if here else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def _upload(self, sha256: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != sha256:
            raise HubError(400, "the content has another hash")
        self.hub.blobs[sha256] = body
        self._json({})

    def _commit(self, repo: Repo, branch: str, lines: list[dict[str, Any]]) -> str:
        files = dict(repo.files(branch))
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                if value.get("parentCommit") not in {None, repo.branches[branch]}:
                    raise HubError(412, "A commit has happened since. Please refresh.")
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        return repo.add(branch, files)

    def _resolve(self, repo: Repo, revision: str, path: str) -> None:
        self._allow(repo)
        commit = repo.at(revision)
        if path not in repo.commits[commit]:
            raise HubError(404, "Entry not found", "EntryNotFound")
        content = repo.commits[commit][path]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
        headers["Accept-Ranges"] = "bytes"
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None or self.command == "HEAD":
            self._send(content, headers=headers)
            return
        part = content[int(asked[1]) : int(asked[2]) + 1 if asked[2] else None]
        end = int(asked[1]) + len(part) - 1
        headers["Content-Range"] = f"bytes {asked[1]}-{end}/{len(content)}"
        self._send(part, 206, headers)


def _refs(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": c} for n, c in names.items()]


def _git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _mode(path: str, there: bytes | None) -> dict[str, Any]:
    mode = "lfs" if path.endswith(LARGE) else "regular"
    oid = None
    if there is not None:
        oid = hashlib.sha256(there).hexdigest() if mode == "lfs" else _git_hash(there)
    return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid}


def _tree(files: dict[str, bytes], folder: str, *, deep: bool) -> Iterator[dict[str, Any]]:
    """Yield the entries below a folder: of all depths, or its own."""
    above = f"{folder}/" if folder else ""
    folders: set[str] = set()
    for path, content in sorted(files.items()):
        if not path.startswith(above):
            continue
        inner = path.removeprefix(above).split("/")[:-1]
        for depth in range(1, len(inner) + 1):
            folders.add(above + "/".join(inner[:depth]))
        if inner and not deep:
            continue
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
        entry["oid"] = _git_hash(content)
        if path.endswith(LARGE):
            sha256 = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
        yield entry
    for one in sorted(folders):
        if deep or "/" not in one.removeprefix(above):
            yield {"type": "directory", "path": one, "oid": _git_hash(one.encode())}


def main() -> None:
    """Serve until stopped."""
    with FakeHub(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as hub:
        sys.stdout.write(f"{hub.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
