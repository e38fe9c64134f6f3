"""Versions of a data set on the Hub: publish, list, compare, check, fetch and roll back.

A version is a tag `vX.Y.Z` on one commit that holds data, card and manifest together; a tag never moves.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossthink_hub.hub.comparing import Comparison
    from crossthink_hub.hub.listing import ListedVersion
    from crossthink_hub.hub.plan import Plan
    from crossthink_hub.hub.pulling import Pulled
    from crossthink_hub.hub.repository import Repository
    from crossthink_hub.hub.restoring import Restored
    from crossthink_hub.hub.verifying import Verified

__all__ = ["diff", "publish", "pull", "rollback", "verify", "versions"]


def publish(
    repo: str,
    folder: Path | str = "crossthink",
    *,
    version: str | None = None,
    public: bool = False,
    accept_licences: bool = False,
    message: str = "",
    dry_run: bool = False,
    token: str | None = None,
) -> "Plan":
    """Publish a built folder as a version; return what was done.

    The version is one commit and then its tag: readers get the version before it, or all of this one. If
    nothing differs from what main holds, nothing is sent and no commit is made. An interrupted call goes on,
    when it is made again, from what has arrived.

    Args:
        repo: `OWNER/NAME`; without an owner, the token's. It is made, private, if it is not there.
        folder: what `crossthink build` made; afterwards it also holds the card of this version.
        version: as in `1.2.0`; if not given, the next one after what changed: columns or configs that go,
            major; rows, minor; the card alone, patch.
        public: whether everyone may read it.
        accept_licences: whether sources for non-commercial use may be shown to everyone.
        message: what to say of this version in its card.
        dry_run: whether only to say what would be done.
        token: instead of the one from HF_TOKEN or `hf auth login`.

    Raises:
        FolderError: the folder is not built, has problems, or was changed meanwhile.
        UsageError: the version exists, a licence is not accepted, or another data set is there.
        HubError: the Hub refuses, can't be reached, or someone else published meanwhile.
        OutputError: the disk is full.
    """
    from crossthink_hub.hub.plan import PushSettings
    from crossthink_hub.hub.publishing import prepared

    settings = PushSettings(version, public, accept_licences, message)
    with prepared(repo, Path(folder), settings, token) as push:
        if dry_run:
            push.rehearse()
        else:
            push.send()
        return push.plan


def versions(repo: str, *, token: str | None = None) -> "list[ListedVersion]":
    """Return the versions of a repository, the newest first.

    Raises:
        HubError: there is no such repository, or the Hub can't be reached.
    """
    from crossthink_hub.hub.listing import listed

    return listed(_repository(repo, token))


def diff(repo: str, old: str, new: str, *, examples: int = 2, token: str | None = None) -> "Comparison":
    """Return what differs between two versions: rows by config and source, and a few rows of each kind.

    Args:
        repo: `OWNER/NAME`.
        old: a version, as in `1.0.0` or `v1.0.0`, or any other revision.
        new: the other one.
        examples: how many rows of each kind are fetched for each config.
        token: instead of the one from HF_TOKEN or `hf auth login`.

    Raises:
        HubError: a version is not there, or the Hub can't be reached.
    """
    from crossthink_hub.hub.comparing import compared
    from crossthink_hub.hub.version import revision_of

    return compared(_repository(repo, token), revision_of(old), revision_of(new), examples)


def verify(repo: str, *, token: str | None = None) -> "Verified":
    """Return what is wrong with a version: checksums, rows and their digest, card against data.

    Args:
        repo: `OWNER/NAME` for what main holds, or `OWNER/NAME@1.0.0`.
        token: instead of the one from HF_TOKEN or `hf auth login`.

    Raises:
        HubError: there is no such version, or the Hub can't be reached.
    """
    from crossthink_hub.hub.verifying import verified
    from crossthink_hub.hub.version import split_place

    name, revision = split_place(repo)
    return verified(_repository(name, token), revision)


def pull(repo: str, out: Path | str = "crossthink", *, token: str | None = None) -> "Pulled":
    """Bring a version into a folder, at once and whole, as it was pushed.

    An interrupted call goes on, when it is made again, from what it had fetched; files that the folder has
    already are not fetched.

    Args:
        repo: `OWNER/NAME` for what main holds, or `OWNER/NAME@1.0.0`.
        out: a folder that a build or a pull made, or an empty one, or none yet.
        token: instead of the one from HF_TOKEN or `hf auth login`.

    Raises:
        HubError: there is no such version, the Hub can't be reached, or a file came damaged twice.
        OutputError: the folder can't be written, or holds files that no build made.
    """
    from crossthink_hub.hub.pulling import pulled
    from crossthink_hub.hub.version import split_place

    name, revision = split_place(repo)
    return pulled(_repository(name, token), revision, Path(out))


def rollback(repo: str, version: str, *, message: str = "", token: str | None = None) -> "Restored":
    """Make main what a version is, by a new commit; no tag moves, and what people wrote in the card is kept.

    Raises:
        UsageError: that is no version.
        HubError: there is no such version, someone else changed main meanwhile, or the Hub refuses.
    """
    from crossthink_hub.hub.restoring import restored
    from crossthink_hub.hub.version import asked_version

    return restored(_repository(repo, token), asked_version(version), message)


def _repository(name: str, token: str | None) -> "Repository":
    from crossthink_hub.hub.repository import Repository

    return Repository.named(name, token)
