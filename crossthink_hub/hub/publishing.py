"""Publish a built folder: one commit, then its tag, then a look at what readers get."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crossthink_hub.errors import CrossThinkError, HubError
from crossthink_hub.hub.answers import AGAIN
from crossthink_hub.hub.edition import Edition, edition
from crossthink_hub.hub.held import own_files
from crossthink_hub.hub.plan import Plan, PushSettings, is_stored, plan
from crossthink_hub.hub.readback import read_back
from crossthink_hub.hub.repository import MovedError, Repository
from crossthink_hub.hub.target import Target, other_files, target


@dataclass(frozen=True)
class Push:
    """A version that is ready to be sent: `prepared` gives it."""

    plan: Plan
    settings: PushSettings
    edition: Edition
    target: Target

    def send(self) -> None:
        """Do what the plan says; what has arrived in an earlier push that was interrupted is not sent again.

        Raises:
            FolderError: a file was changed on disk meanwhile.
            HubError: the Hub refuses, can't be reached, or main has moved. Every version that was there is
                as it was, and this one is either complete or not there.
        """
        repo, version = self.target.repo, self.plan.version
        if self.plan.kind is not None:
            commit = self.plan.commit or self._commit()
            repo.tag(version, commit, self.settings.message or f"Version {version}")
            read_back(repo, version.tag, commit, self.edition.manifest)
        self.edition.keep()  # also if nothing changed: an earlier push may have ended just before
        if self.settings.public and repo.is_private():
            repo.make_public()

    def rehearse(self) -> None:
        """Check what `send` checks before anyone sees anything: every row of the folder.

        Raises:
            FolderError: the folder has problems.
        """
        if self.plan.kind is not None:
            self.edition.check(rows=True)

    def _commit(self) -> str:
        """Make the one commit that is this version; return its id."""
        from huggingface_hub import CommitOperationDelete

        repo, head = self.target.repo, self.target.head
        parent = head.snapshot.commit if head else self._first_commit()
        new = [self.plan.files[path] for path in self.plan.new]
        operations = [*new, *map(CommitOperationDelete, self.plan.gone)]
        try:
            with ThreadPoolExecutor(1) as pool:  # every row is read while the files go: nobody sees them yet
                checked = pool.submit(self.edition.check, rows=True)
                repo.send(new)
                checked.result()
            self.edition.check_unchanged()
            commit = repo.commit(operations, f"Version {self.plan.version}", parent)
        except CrossThinkError as error:
            self.edition.check_unchanged()  # which would be the reason
            if not isinstance(error, MovedError) or not self._is_at(error.commit):
                raise
            return error.commit  # made by an earlier try whose answer was lost
        if not self._is_at(commit):
            raise HubError(
                f"commit {commit[:8]} does not hold what was sent, so it is given no version",
                where=repo.name,
                fix=AGAIN,
            )
        return commit

    def _first_commit(self) -> str:
        """Make the repository; return the commit that it begins with.

        Raises:
            HubError: someone else made it meanwhile, and published in it.
        """
        repo = self.target.repo
        repo.create(private=True)
        begun = repo.snapshot()
        if other_files(begun):
            raise HubError(
                f"someone else made it meanwhile, and published in it: main is at {begun.commit[:8]}; "
                "nothing of yours is published",
                where=repo.name,
                fix=AGAIN,
            )
        return begun.commit

    def _is_at(self, commit: str) -> bool:
        """Tell whether a commit holds exactly the files of this version, apart from other people's."""
        stored, files = own_files(self.target.repo.snapshot(commit)), self.plan.files
        return stored.keys() == files.keys() and all(
            is_stored(addition, stored[path]) for path, addition in files.items()
        )


@contextmanager
def prepared(repo: str, folder: Path, settings: PushSettings, token: str | None = None) -> Iterator[Push]:
    """Give a push that is ready to be sent; nothing is changed on the Hub before `Push.send`.

    Args:
        repo: `OWNER/NAME`; without an owner, the token's.
        folder: a built folder.
        settings: how to publish.
        token: instead of the one from HF_TOKEN or `hf auth login`.

    Raises:
        FolderError: the folder is not built, or has problems.
        UsageError: the version exists, a licence is not accepted, or another data set is there.
        HubError: the Hub can't be reached, or refuses the token.
    """
    with edition(folder) as own:
        to = target(Repository.named(repo, token))
        yield Push(plan(own, to, settings), settings, own, to)
