"""What a push will do: which version it makes, of which files, and what that changes for readers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.errors import UsageError
from crossthink_hub.hub.changes import ConfigChanges, changes
from crossthink_hub.hub.edition import Edition
from crossthink_hub.hub.endpoint import endpoint
from crossthink_hub.hub.held import README, Held, checksums, history, look, own_files
from crossthink_hub.hub.kinds import kind_of
from crossthink_hub.hub.parquet_at import parquet_at
from crossthink_hub.hub.remote_index import remote_index
from crossthink_hub.hub.repository import Repository, StoredFile
from crossthink_hub.hub.version import FIRST, Version, asked_version
from crossthink_hub.releases import Kind, Publication, Release
from crossthink_hub.sources.checksum import git_blob_of

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

DATA_SUFFIXES = (".parquet", ".arrow", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".zip", ".gz", ".zst")


@dataclass(frozen=True)
class PushSettings:
    """How to publish.

    Attributes:
        version: as in `1.2.0`; None for the one that comes next.
        public: whether everyone may read it; a repository that is public stays so.
        accept_licences: whether sources for non-commercial use may be shown to everyone.
        message: what to say of this version in its card and its commit.
    """

    version: str | None = None
    public: bool = False
    accept_licences: bool = False
    message: str = ""


@dataclass(frozen=True)
class Target:
    """Where a push goes: the repository, what its main holds, and its versions by commit."""

    repo: Repository
    head: Held | None
    tags: Mapping[Version, str]
    public: bool


@dataclass(frozen=True)
class Plan:
    """What a push will do.

    Attributes:
        repo: `OWNER/NAME`.
        version: the version it makes; the one that is there if nothing changes.
        base: the version that it is compared with, None if there is none.
        kind: what changes at most; None if nothing does.
        changes: the rows that differ, by config.
        new: the files that are new or changed, by path.
        bytes: how many bytes of them the Hub does not have.
        gone: the files that main will have no more.
        files: every file of the version, by path.
        creates: whether the repository is made for it.
        public: whether everyone will see it.
        non_commercial: why a source may not be sold, by source.
        commit: the commit that lacks only its tag, if an earlier push made it.
    """

    repo: str
    version: Version
    base: Version | None
    kind: Kind | None
    public: bool
    non_commercial: Mapping[str, str]
    creates: bool = False
    commit: str | None = None
    changes: Mapping[str, ConfigChanges] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    bytes: int = 0
    gone: tuple[str, ...] = ()
    files: Mapping[str, "CommitOperationAdd"] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """Where it is looked at."""
        return f"{endpoint()}/datasets/{self.repo}"


def target(repo: Repository, settings: PushSettings) -> Target:
    """Return where a push goes.

    Raises:
        UsageError: another data set is there.
        HubError: the Hub can't be reached, or refuses the token.
    """
    if not repo.exists():
        return Target(repo, None, {}, settings.public)
    tags = repo.tags()
    head = look(repo, "main", tags)
    if head.manifest is None:
        _check_free(repo, head)
    return Target(repo, head, tags, settings.public or not repo.is_private())


def _check_free(repo: Repository, head: Held) -> None:
    """Check that a repository without a version of ours holds no other data set."""
    data = sorted(path for path in head.snapshot.files if path.endswith(DATA_SUFFIXES))
    if data:
        raise UsageError(
            f"holds another data set ({', '.join(data[:3])})",
            where=repo.name,
            fix="Choose another repository; one that is not there yet is made.",
        )


def licences(manifest: Manifest, public: bool, accepted: bool) -> dict[str, str]:
    """Return the sources that may not be sold, and why.

    Raises:
        UsageError: everyone would see them, and that was not accepted.
    """
    found = {
        name: source["non_commercial"]
        for name, source in manifest["sources"].items()
        if source["non_commercial"]
    }
    if public and found and not accepted:
        listed = "; ".join(f"{name} ({why})" for name, why in found.items())
        raise UsageError(
            f"everyone would see sources licensed for non-commercial use only: {listed}",
            fix="Give --accept-licences if you may publish them, or build with --commercial-only.",
        )
    return found


def plan(own: Edition, to: Target, settings: PushSettings) -> Plan:
    """Return what a push of an edition will do.

    Raises:
        FolderError: the folder has problems.
        UsageError: the version exists, or a licence is not accepted.
    """
    asked = asked_version(settings.version) if settings.version else None
    _ = own.tables
    named = licences(own.manifest, to.public, settings.accept_licences)
    if to.head and _is_published(own, to):
        if done := to.head.version:
            return Plan(to.repo.name, done, done, None, to.public, named, files=_committed(own, to))
        if to.head.named and to.head.named not in to.tags and asked in (None, to.head.named):
            return _unfinished(own, to, to.head.named, named)
    return _new_version(own, to, asked, settings.message, named)


def _is_published(own: Edition, to: Target) -> bool:
    """Tell whether main already is this edition, apart from a tag."""
    assert to.head is not None
    publication = to.head.publication(to.repo.name)
    stored = own_files(to.head.snapshot)
    if publication is None or to.head.manifest != own.manifest:
        return False
    texts = own.texts(publication, _card(to))
    return (
        stored.keys() == {*own.tables, *texts}
        and all(is_stored(addition, stored[path]) for path, addition in own.tables.items())
        and all(_is_content(content, stored[path]) for path, content in texts.items())
    )


def _card(to: Target) -> str | None:
    """Return the card on main, with what people wrote into it."""
    content = to.repo.bytes_of(README, to.head.snapshot) if to.head else None
    return content.decode(errors="replace") if content is not None else None


def _unfinished(own: Edition, to: Target, version: Version, named: Mapping[str, str]) -> Plan:
    """Return the plan for a version whose commit an earlier push made, but not its tag."""
    assert to.head is not None
    return Plan(
        to.repo.name,
        version,
        next(iter(to.tags), None),
        to.head.releases[0].kind,
        to.public,
        named,
        commit=to.head.snapshot.commit,
        files=_committed(own, to),
    )


def _committed(own: Edition, to: Target) -> dict[str, "CommitOperationAdd"]:
    """Return every file of the version that main holds, which is this edition."""
    publication = to.head.publication(to.repo.name) if to.head else None
    assert publication is not None
    return own.additions(publication, _card(to))


def _new_version(
    own: Edition, to: Target, asked: Version | None, message: str, named: Mapping[str, str]
) -> Plan:
    base = _base(to)
    kind = kind_of(base.manifest if base else None, _columns(to.repo, base), own.manifest)
    following = max(to.tags).next(kind) if to.tags else FIRST
    version = asked or following
    if version in to.tags:
        raise UsageError(
            f"{version.tag} exists already", where=to.repo.name, fix=f"The next version is {following}."
        )
    own.check(rows=False)
    old_index = remote_index(to.repo, base.snapshot) if base else own.index
    found = changes(base.manifest if base else None, own.manifest, old_index, own.index)
    earlier = tuple(one for one in history(to.repo, to.tags) if one.version != str(version))
    publication = Publication(to.repo.name, (_release(version, kind, message, found), *earlier))
    files = own.additions(publication, _card(to))
    stored = own_files(to.head.snapshot) if to.head else {}
    new = tuple(path for path, addition in files.items() if not is_stored(addition, stored.get(path)))
    known = {file.sha256 for file in stored.values()}
    return Plan(
        to.repo.name,
        version,
        base.version if base else None,
        kind,
        to.public,
        named,
        creates=to.head is None,
        changes=found,
        new=new,
        bytes=sum(
            files[path].upload_info.size for path in new if files[path].upload_info.sha256.hex() not in known
        ),
        gone=tuple(path for path in stored if path not in files),
        files=files,
    )


def _base(to: Target) -> Held | None:
    """Return what a new version is compared with: what main holds, or the newest version."""
    if to.head and to.head.version:
        return to.head
    return look(to.repo, next(iter(to.tags)).tag, to.tags) if to.tags else None


def _columns(repo: Repository, base: Held | None) -> pa.Schema | None:
    """Return the columns of a version; None if none of its data files can be read."""
    paths = (
        [path for path in checksums(base.manifest) if path in base.snapshot.files]
        if base and base.manifest
        else []
    )
    if not base or not paths:
        return None
    try:
        with parquet_at(repo, base.snapshot.commit, paths[0]) as file:
            return file.schema_arrow
    except pa.ArrowInvalid:
        return None


def _release(version: Version, kind: Kind, message: str, found: Mapping[str, ConfigChanges]) -> Release:
    counts = {name: asdict(one.total) for name, one in found.items() if one.total}
    rows = {
        name: {what: count for what, count in one.items() if what != "same"} for name, one in counts.items()
    }
    return Release(str(version), datetime.now(UTC).date().isoformat(), kind, message, rows)


def is_stored(addition: "CommitOperationAdd", stored: StoredFile | None) -> bool:
    """Tell whether the Hub has a file with this content."""
    info = addition.upload_info
    if stored is None or stored.bytes != info.size:
        return False
    if stored.sha256 is not None:
        return stored.sha256 == info.sha256.hex()
    with addition.as_file() as file:
        return stored.git_blob == git_blob_of(file.read())


def _is_content(content: bytes, stored: StoredFile) -> bool:
    from huggingface_hub import CommitOperationAdd

    return is_stored(CommitOperationAdd("x", content), stored)
