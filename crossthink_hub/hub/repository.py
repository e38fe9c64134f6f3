"""One data set repository on the Hub: every question and every change that goes over the wire."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crossthink_hub.errors import HubError
from crossthink_hub.hub.answers import AGAIN, MissingError, speaking
from crossthink_hub.hub.fetching import whole
from crossthink_hub.hub.screen import Screen
from crossthink_hub.hub.version import Version, read_version

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

Answer = TypeVar("Answer")
TYPE = "dataset"
TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 1.0, 16.0
"""Seconds between tries where the Hub does not say how many."""
SENT_AT_ONCE = 8
"""Files whose upload is shown as one step of the bar."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a commit: its size, and its SHA-256 if it is in Git LFS, else its id in Git."""

    bytes: int
    sha256: str | None
    git_blob: str


@dataclass(frozen=True)
class Snapshot:
    """All files of one commit, by path."""

    commit: str
    files: Mapping[str, StoredFile]


class MovedError(HubError):
    """Main is not at the commit any more that a change was made for; nothing is changed.

    Attributes:
        commit: where main is now.
    """

    def __init__(self, repo: str, parent: str, commit: str) -> None:
        super().__init__(
            f"someone else changed it meanwhile: main is at {commit[:8]}, no longer at {parent[:8]}; "
            "nothing of yours is published",
            where=repo,
            fix=AGAIN,
        )
        self.commit = commit


@dataclass
class Repository:
    """A data set repository, as the owner of a token sees it; it may not be there yet.

    Attributes:
        name: `OWNER/NAME`.
        token: instead of the one from HF_TOKEN or `hf auth login`.
    """

    name: str
    token: str | None = field(default=None, repr=False)
    screen: Screen = field(default_factory=Screen, repr=False)

    @cached_property
    def _api(self) -> "HfApi":
        from huggingface_hub import HfApi

        return HfApi(token=self.token)

    def _ask(self, question: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
        """Return the answer to a question; a Hub that is busy or has an error of its own is waited for."""
        from huggingface_hub.errors import HfHubHTTPError

        with speaking(self.name), self.screen.client_hushed():
            for attempt in range(TRIES):
                try:
                    return question(*arguments, **options)
                except HfHubHTTPError as error:
                    status = error.response.status_code
                    if (status != 429 and status < 500) or attempt + 1 == TRIES:
                        raise
                    wait = _seconds(error.response.headers.get("Retry-After"), attempt)
                    self.screen.wait(f"the Hub answers HTTP {status}", wait)
        raise AssertionError("the last try returns or raises")

    @classmethod
    def named(cls, name: str, token: str | None = None) -> "Repository":
        """Return the repository of a name; without an owner in it, the token's owner is taken."""
        found = cls(name, token)
        if "/" not in name:
            found.name = f"{found._ask(found._api.whoami)['name']}/{name}"
        return found

    def exists(self) -> bool:
        """Tell whether the repository is there, for this token."""
        try:
            self._ask(self._api.dataset_info, self.name)
        except MissingError:
            return False
        return True

    def is_private(self) -> bool:
        """Tell whether only its owner and their organisation see it."""
        return bool(self._ask(self._api.dataset_info, self.name).private)

    def snapshot(self, revision: str = "main") -> Snapshot:
        """Return the files of a branch, tag or commit.

        Raises:
            MissingError: there is no such repository or revision.
        """
        from huggingface_hub.hf_api import RepoFile

        info = self._ask(self._api.dataset_info, self.name, revision=revision)
        assert info.sha is not None, "the Hub names the commit of every revision"
        tree = self._ask(
            lambda: list(
                self._api.list_repo_tree(self.name, recursive=True, revision=info.sha, repo_type=TYPE)
            )
        )
        files = {
            entry.path: StoredFile(entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
            for entry in tree
            if isinstance(entry, RepoFile)
        }
        return Snapshot(info.sha, files)

    def tags(self) -> dict[Version, str]:
        """Return the commit of each version, the newest version first; other tags are left out."""
        refs = self._ask(self._api.list_repo_refs, self.name, repo_type=TYPE)
        found = {read_version(tag.name): tag.target_commit for tag in refs.tags if tag.name.startswith("v")}
        versions = {version: commit for version, commit in found.items() if version is not None}
        return dict(sorted(versions.items(), reverse=True))

    def file(self, path: str, commit: str, *, into: Path | None = None, anew: bool = False) -> Path:
        """Return where a file of a commit lies, after downloading it if need be.

        A part that an earlier call got is gone on from.

        Args:
            path: in the repository.
            commit: its id.
            into: the folder to download to; the Hub's cache if not given.
            anew: whether what is there is not to be used.
        """
        from huggingface_hub import hf_hub_download

        return Path(
            self._ask(
                hf_hub_download,
                self.name,
                path,
                repo_type=TYPE,
                revision=commit,
                token=self.token,
                local_dir=into,
                force_download=anew,
            )
        )

    def checked(self, path: str, snapshot: Snapshot) -> Path:
        """Return where a file of a commit lies in the Hub's cache; one that is damaged there is fetched anew.

        Raises:
            HubError: it came damaged twice.
        """
        return whole(
            self.name,
            path,
            snapshot.files[path],
            lambda anew: self.file(path, snapshot.commit, anew=anew),
        )

    @contextmanager
    def in_place(self, path: str, revision: str, ahead: int) -> Iterator[Any]:
        """Open a file of a revision where it is: what is read of it is fetched, and so many bytes ahead."""
        from huggingface_hub import HfFileSystem

        files = HfFileSystem(token=self.token, skip_instance_cache=True)
        place = f"datasets/{self.name}@{revision}/{path}"
        file = self._ask(files.open, place, block_size=ahead)
        with speaking(self.name), self.screen.client_hushed(), file:
            yield file

    def bytes_of(self, path: str, snapshot: Snapshot) -> bytes | None:
        """Return a small file's content; None if the commit has no such file."""
        return self.checked(path, snapshot).read_bytes() if path in snapshot.files else None

    def create(self, *, private: bool) -> None:
        """Make the repository.

        Raises:
            HubError: the token may not.
        """
        created = self._ask(self._api.create_repo, self.name, repo_type=TYPE, private=private, exist_ok=True)
        self.name = created.repo_id

    def make_public(self) -> None:
        """Let everyone read it."""
        self._ask(self._api.update_repo_settings, self.name, repo_type=TYPE, private=False)

    def send(self, additions: Sequence["CommitOperationAdd"]) -> None:
        """Upload the content of files that go to Git LFS; no reader sees them before `commit`."""
        total = sum(addition.upload_info.size for addition in additions)
        with self.screen.bytes("Uploading", total) as gone:
            for start in range(0, len(additions), SENT_AT_ONCE):
                some = additions[start : start + SENT_AT_ONCE]
                self._ask(
                    self._api.preupload_lfs_files,
                    self.name,
                    additions=some,
                    repo_type=TYPE,
                    num_threads=SENT_AT_ONCE,
                )
                gone(sum(addition.upload_info.size for addition in some))

    def commit(self, operations: Sequence[Any], message: str, parent: str) -> str:
        """Make one commit on main, on top of exactly that parent; return its id.

        Raises:
            MovedError: main has moved.
        """
        try:
            done = self._ask(
                self._api.create_commit,
                self.name,
                operations,
                commit_message=message,
                repo_type=TYPE,
                parent_commit=parent,
            )
        except HubError as error:
            status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
            if status != 412:
                raise
            raise MovedError(self.name, parent, self.snapshot().commit) from error
        return str(done.oid)

    def tag(self, version: Version, commit: str, message: str) -> None:
        """Give a commit the tag of a version.

        Raises:
            HubError: the version is there already, at another commit.
        """
        try:
            self._ask(
                self._api.create_tag,
                self.name,
                tag=version.tag,
                tag_message=message,
                revision=commit,
                repo_type=TYPE,
            )
        except HubError:
            at = self.tags().get(version)
            if at == commit:  # the answer of an earlier try was lost
                return
            if at is None:
                raise
            raise HubError(
                f"someone else published {version.tag} meanwhile, at {at[:8]}; "
                f"what you pushed is main's commit {commit[:8]}, without a version",
                where=self.name,
                fix="Run it again without --version, or with another one.",
            ) from None


def _seconds(retry_after: str | None, attempt: int) -> float:
    """Return how long to wait: what the Hub asks, else longer with each try."""
    if retry_after is not None and retry_after.isdigit():
        return float(retry_after)
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
