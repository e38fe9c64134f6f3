"""Put a version back on main: a new commit with its files. No tag moves, and no data is sent."""

from dataclasses import dataclass
from typing import Any

from crossthink_hub.card.merge import merged, without_edits
from crossthink_hub.errors import HubError
from crossthink_hub.hub.answers import AGAIN, MissingError
from crossthink_hub.hub.held import README, Held, look, manifest_of, own_files
from crossthink_hub.hub.readback import read_back
from crossthink_hub.hub.repository import Repository
from crossthink_hub.hub.version import Version


@dataclass(frozen=True)
class Restored:
    """What a rollback did: main held `before` (None: no version), and holds `version` by `commit`."""

    version: Version
    before: Version | None
    commit: str
    changed: bool


def restored(repo: Repository, version: Version, message: str = "") -> Restored:
    """Make main what a version is; what people wrote into the card on main is kept.

    Raises:
        MissingError: there is no such version.
        HubError: main has moved meanwhile, or the Hub refuses.
    """
    tags = repo.tags()
    if version not in tags:
        known = ", ".join(tag.tag for tag in tags) or "none"
        raise MissingError(f"has no {version.tag}, only {known}", where=repo.name)
    old, main = look(repo, version.tag, tags), look(repo, "main", tags)
    manifest = manifest_of(old, f"{repo.name}@{version.tag}")
    operations = _operations(repo, old, main)
    if not operations:
        return Restored(version, main.version, main.snapshot.commit, changed=False)
    commit = repo.commit(operations, message or f"Roll back to {version.tag}", main.snapshot.commit)
    if look(repo, commit, tags).version != version:
        raise HubError(f"commit {commit[:8]} is not {version.tag}", where=repo.name, fix=AGAIN)
    read_back(repo, commit, commit, manifest)
    return Restored(version, main.version, commit, changed=True)


def _operations(repo: Repository, old: Held, main: Held) -> list[Any]:
    """Return what makes main the old version, whatever state its own files are in; nothing if it is."""
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

    wanted, there = own_files(old.snapshot), own_files(main.snapshot)
    source = old.snapshot.commit
    copies = [
        CommitOperationCopy(path, path, src_revision=source)
        for path, file in wanted.items()
        if path != README and there.get(path) != file
    ]
    removed = [CommitOperationDelete(path) for path in there if path not in wanted]
    card = _card(repo, main)
    restored_card = merged(without_edits(_card(repo, old) or ""), card)
    cards = [CommitOperationAdd(README, restored_card.encode())] if restored_card != card else []
    return [*copies, *removed, *cards]


def _card(repo: Repository, held: Held) -> str | None:
    content = repo.bytes_of(README, held.snapshot)
    return content.decode(errors="replace") if content is not None else None
