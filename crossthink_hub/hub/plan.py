"""What a push will do: which version it makes, of which files, and what that changes for readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from crossthink_hub.building.manifest import Manifest, data_files
from crossthink_hub.errors import UsageError
from crossthink_hub.hub.answers import MissingError
from crossthink_hub.hub.changes import DIFFERENCES, ConfigChanges, changes
from crossthink_hub.hub.edition import Edition
from crossthink_hub.hub.endpoint import endpoint
from crossthink_hub.hub.held import Held, look, own_files
from crossthink_hub.hub.kinds import KINDS, kind_of
from crossthink_hub.hub.parquet_at import parquet_at
from crossthink_hub.hub.remote_index import remote_index
from crossthink_hub.hub.repository import Repository, StoredFile
from crossthink_hub.hub.target import Target
from crossthink_hub.hub.version import FIRST, Version, asked_version
from crossthink_hub.releases import Kind, Publication, Release
from crossthink_hub.sources.checksum import git_blob_of

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd


@dataclass(frozen=True)
class PushSettings:
    """How to publish.

    Attributes:
        version: as in `1.2.0`; None for the one that comes next.
        public: whether everyone may read it; a repository that is public stays so.
        accept_licences: whether sources for non-commercial use may be shown to everyone.
        message: what to say of this version in its card and its tag.
    """

    version: str | None = None
    public: bool = False
    accept_licences: bool = False
    message: str = ""


@dataclass(frozen=True)
class Plan:
    """What a push will do.

    Attributes:
        repo: `OWNER/NAME`.
        version: the version it makes; the one that is there if nothing changes.
        asked: the version that was asked for, if one was.
        base: the version that it is compared with, None if there is none.
        kind: what changes at most; None if nothing does.
        changes: the rows that differ, by config.
        new: the files that are new or changed, by path.
        bytes: how many bytes of them the Hub does not have.
        gone: the files that main will have no more.
        files: every file of the version, by path.
        creates: whether the repository is made for it.
        public: whether everyone will see it.
        opens: whether only its owner sees it before.
        non_commercial: why a source may not be sold, by source.
        commit: the commit that lacks only its tag, if an earlier push made it.
    """

    repo: str
    version: Version
    base: Version | None
    kind: Kind | None
    public: bool
    opens: bool
    non_commercial: Mapping[str, str]
    asked: Version | None = None
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
    own.read_checksums()
    public = settings.public or to.public
    plain = Plan(
        repo=to.repo.name,
        version=FIRST,
        base=None,
        kind=None,
        public=public,
        opens=public and to.head is not None and not to.public,
        non_commercial=licences(own.manifest, public, settings.accept_licences),
        asked=asked,
    )
    if to.head and _is_published(own, to):
        if done := to.head.version:
            return replace(plain, version=done, base=done, files=_committed(own, to))
        if (left := to.head.claimed) and left not in to.tags and asked in (None, left):
            return _unfinished(plain, own, to, left)
    return _new_version(plain, own, to, settings.message)


def _is_published(own: Edition, to: Target) -> bool:
    """Tell whether main already is this edition, apart from a tag."""
    assert to.head is not None
    publication = to.head.publication(to.repo.name)
    stored = own_files(to.head.snapshot)
    if publication is None or to.head.manifest != own.manifest:
        return False
    texts = own.texts(publication, to.card)
    return (
        stored.keys() == {*own.tables, *texts}
        and all(is_stored(addition, stored[path]) for path, addition in own.tables.items())
        and all(_is_content(content, stored[path]) for path, content in texts.items())
    )


def _unfinished(plain: Plan, own: Edition, to: Target, version: Version) -> Plan:
    """Return the plan for a version whose commit an earlier push made, but not its tag."""
    assert to.head is not None
    return replace(
        plain,
        version=version,
        base=to.newest,
        kind=to.head.releases[0].kind,
        commit=to.head.snapshot.commit,
        files=_committed(own, to),
    )


def _committed(own: Edition, to: Target) -> dict[str, "CommitOperationAdd"]:
    """Return every file of the version that main holds, which is this edition."""
    publication = to.head.publication(to.repo.name) if to.head else None
    assert publication is not None
    return own.additions(publication, to.card)


def _new_version(plain: Plan, own: Edition, to: Target, message: str) -> Plan:
    own.check(rows=False)
    kind = _kind(own, to)
    version = _number(plain, to, kind)
    base = to.base
    old_index = remote_index(to.repo, base.snapshot) if base else own.index
    found = changes(base.manifest if base else None, own.manifest, old_index, own.index)
    release = _release(version, kind, message, found, base.version if base else None)
    earlier = [one for listed, one in to.releases.items() if listed != version]
    files = own.additions(Publication(to.repo.name, (release, *earlier)), to.card)
    stored = own_files(to.head.snapshot) if to.head else {}
    new = tuple(path for path, addition in files.items() if not is_stored(addition, stored.get(path)))
    known = {file.sha256 for file in stored.values()}
    sent = [info for path in new if (info := files[path].upload_info).sha256.hex() not in known]
    return replace(
        plain,
        version=version,
        base=base.version if base else None,
        kind=kind,
        creates=to.head is None,
        changes=found,
        new=new,
        bytes=sum(info.size for info in sent),
        gone=tuple(path for path in stored if path not in files),
        files=files,
    )


def _number(plain: Plan, to: Target, kind: Kind) -> Version:
    """Return the version that was asked for, or the next one.

    Raises:
        UsageError: it exists.
    """
    following = to.newest.next(kind) if to.newest else FIRST
    while following in to.tags:
        following = following.next(kind)
    version = plain.asked or following
    if version in to.tags:
        fix = f"The next version is {following}."
        raise UsageError(f"{version.tag} exists already", where=to.repo.name, fix=fix)
    return version


def _kind(own: Edition, to: Target) -> Kind:
    """Return what changes at most for readers of main, or of the newest version where main is another."""
    bases = [to.base]
    if to.newest and to.base and to.base.version != to.newest:
        bases.append(look(to.repo, to.newest.tag, to.tags))
    kinds = [
        kind_of(base.manifest if base else None, _columns(to.repo, base), own.manifest) for base in bases
    ]
    return max(kinds, key=KINDS.index)


def _columns(repo: Repository, base: Held | None) -> pa.Schema | None:
    """Return the columns of a version; None if none of its data files can be read."""
    if base is None or base.manifest is None:
        return None
    path = next(iter(data_files(base.manifest)))
    try:
        with parquet_at(repo, base.snapshot.commit, path) as file:
            return file.schema_arrow
    except (pa.ArrowInvalid, MissingError):
        return None


def _release(
    version: Version,
    kind: Kind,
    message: str,
    found: Mapping[str, ConfigChanges],
    base: Version | None,
) -> Release:
    rows = {
        name: {what: getattr(one.total, what) for what in DIFFERENCES}
        for name, one in found.items()
        if one.total
    }
    today = datetime.now(UTC).date().isoformat()
    return Release(str(version), today, kind, message, rows, str(base) if base else None)


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
