"""A data set's repository on the Hugging Face Hub: what it holds, and one commit to it.

The only importer of `huggingface_hub`. The token is that library's affair: from `HF_TOKEN` or its
own login; it is never seen here. `HF_ENDPOINT` names another server that speaks the protocol.

Files are sent first and named by one commit at the end: who reads the repository sees the set of
before or the new one, never a half. What arrived before a failure is not sent again.
(`upload_folder` would commit a large set in several parts.)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepmark.errors import HubError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FILES_AT_ONCE = 100
"""Files that are sent between two words of progress."""
MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a branch holds."""

    commit: str
    """Its latest commit."""
    digests: Mapping[str, str]
    """Its files by path, each with the digest that `is_same` compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A branch of a data set's repository; every method may raise `HubError`."""

    id: str
    """`owner/name`."""
    branch: str = MAIN
    """Where commits go."""

    def held(self) -> Held | None:
        """Return what the branch holds, or None if there is no such repository or branch."""
        from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

        with self._told("read"):
            api = _api()
            try:
                commit = api.dataset_info(self.id, revision=self.branch).sha
                assert commit is not None
                tree = api.list_repo_tree(
                    self.id, recursive=True, revision=commit, repo_type="dataset"
                )
                return Held(commit=commit, digests=dict(_digests(tree)))
            except (RepositoryNotFoundError, RevisionNotFoundError):
                return None

    def text(self, path: str, commit: str) -> str:
        """Return a text file of a commit."""
        with self._told("read"):
            file = _api().hf_hub_download(self.id, path, revision=commit, repo_type="dataset")
            return Path(file).read_text(encoding="utf-8")

    def create(self, *, private: bool) -> None:
        """Make the repository and the branch, as far as they are not there."""
        with self._told("create"):
            api = _api()
            api.create_repo(self.id, repo_type="dataset", private=private, exist_ok=True)
            if self.branch != MAIN:
                api.create_branch(self.id, branch=self.branch, repo_type="dataset", exist_ok=True)

    def is_private(self) -> bool:
        """Tell whether only its owner can read it."""
        with self._told("read"):
            return bool(_api().dataset_info(self.id).private)

    def commit(
        self,
        root: Path,
        new: Sequence[str],
        gone: Sequence[str],
        *,
        onto: str,
        message: str,
        progress: Callable[[int], object],
    ) -> str:
        """Send files and name them in one commit; return the commit.

        Args:
            root: folder of the files.
            new: paths below it, which are the paths in the repository.
            gone: paths in the repository to delete.
            onto: the commit that the branch must still be at.
            message: of the commit.
            progress: is told now and then how many files have arrived.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        with self._told("publish to"):
            api = _api()
            additions = [
                CommitOperationAdd(path_in_repo=path, path_or_fileobj=root / path) for path in new
            ]
            for first in range(0, len(additions), FILES_AT_ONCE):
                some = additions[first : first + FILES_AT_ONCE]
                api.preupload_lfs_files(self.id, some, repo_type="dataset", revision=self.branch)
                progress(first + len(some))
            deletions = [CommitOperationDelete(path_in_repo=path) for path in gone]
            return api.create_commit(
                self.id,
                [*additions, *deletions],
                commit_message=message,
                repo_type="dataset",
                revision=self.branch,
                parent_commit=onto,
            ).oid

    def tag(self, name: str, commit: str) -> None:
        """Give a commit a name for good; it may have that name already."""
        with self._told("tag"):
            api = _api()
            tags = api.list_repo_refs(self.id, repo_type="dataset").tags
            at = {tag.name: tag.target_commit for tag in tags}.get(name)
            if at is None:
                api.create_tag(self.id, tag=name, revision=commit, repo_type="dataset")
            elif at != commit:
                raise HubError(
                    f"{self.id} has a tag {name} already, of the commit {at[:12]}, and the new one "
                    f"is {commit[:12]}, which was published. Choose another --tag."
                )

    @contextlib.contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Turn what the client raises into a message of ours."""
        from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

        try:
            yield
        except (HTTPError, OSError, RuntimeError, ValueError) as error:
            if isinstance(error, HubError):
                raise
            cause = error.__cause__ if isinstance(error, RuntimeError) else error
            status = cause.response.status_code if isinstance(cause, HfHubHTTPError) else None
            raise HubError(
                f"Could not {doing} the data set {self.id} at {_api().endpoint}: "
                f"{_first_line(cause or error)}. "
                f"{_advice(status)}"
            ) from error


def is_same(file: Path, digest: str) -> bool:
    """Tell whether a local file is the one of a digest in `Held`."""
    kind, _, value = digest.partition(":")
    content = file.read_bytes()
    if kind == "sha256":
        return hashlib.sha256(content).hexdigest() == value
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == value  # noqa: S324


def _api() -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="stepmark")


def _digests(tree: Any) -> Iterator[tuple[str, str]]:
    from huggingface_hub.hf_api import RepoFile

    for entry in tree:
        if isinstance(entry, RepoFile):
            large = entry.lfs
            yield entry.path, f"sha256:{large.sha256}" if large else f"git:{entry.blob_id}"


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0].rstrip(".")


_DENIED = (401, 403, 404)
_MOVED = 412


def _advice(status: int | None) -> str:
    if status in _DENIED:
        return (
            "Set HF_TOKEN, or log in once with `hf auth login`: the token must be allowed to write "
            "there. What was published stays as it was."
        )
    if status == _MOVED:
        return "Somebody else has changed it meanwhile. Look at it, and run the command again."
    return (
        "What was published stays as it was. Run the same command again: files that have arrived "
        "are not sent again."
    )
