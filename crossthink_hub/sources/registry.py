"""What a source is, and where its files lie in a folder of upstream files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crossthink_hub.errors import SourceError
from crossthink_hub.sources.reading import FORMATS
from crossthink_hub.sources.shape import Shape

OTHER_SPLIT = re.compile(r"(^|[/_\-.])(test|val|valid|validation|dev|eval)([/_\-.0-9]|$)", re.IGNORECASE)
DEEPEST = 2
"""How many folders down a source's folder may lie: `cais/mmlu` is two."""


@dataclass(frozen=True)
class Alternate:
    """Another repository with the same rows, for when the first one is gone.

    Attributes:
        repo: the Hub repository.
        files: glob patterns in it, as `Source.files`.
    """

    repo: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """One upstream data set.

    Attributes:
        name: as the paper's tables are keyed, and as configs and rows name it.
        repo: the Hub repository.
        licence: of the data set.
        aliases: other names that its folder may have in a mirror.
        files: glob patterns below its folder; the first that matches any file is used.
        shapes: the upstream formats, the most specific first.
        non_commercial: why it may not be sold, if so.
        alternates: other repositories, in the order in which they are tried.
    """

    name: str
    repo: str
    licence: str
    aliases: tuple[str, ...]
    files: tuple[str, ...]
    shapes: tuple[Shape, ...]
    non_commercial: str | None = None
    alternates: tuple[Alternate, ...] = ()


@dataclass(frozen=True)
class Located:
    """A source's folder and the files to read in it, sorted by name.

    `repo` is where they came from if that is known to be another than the source's, `revision` the commit.
    """

    source: Source
    folder: Path
    files: Mapping[str, Path]
    repo: str | None = None
    revision: str | None = None


def locate(sources: Sequence[Source], folder: Path) -> dict[str, Located]:
    """Find each source's files below a mirror: a folder per source, with its name, alias or repository.

    Raises:
        SourceError: the mirror is no folder, is itself a source's, or has two folders of one source.

    Returns:
        by source name, in the order of `sources`; a source without files is not in it.
    """
    if not folder.is_dir():
        raise SourceError(
            "expected a folder of upstream files, found none",
            where=folder,
            fix="Give a folder with one folder per source (docs/data.md), or `sample`.",
        )
    names = {_plain(name): source for source in sources for name in (source.name, *source.aliases)}
    found: dict[str, Located] = {}
    for path in _folders(folder, DEEPEST):
        source = names.get(_plain(path.relative_to(folder).as_posix()))
        if source is None or not (files := _files(path, source)):
            continue
        if source.name in found:
            raise SourceError(
                f"{path.name} and {found[source.name].folder.name} are both {source.name}",
                where=folder,
                fix="Keep one of them.",
            )
        found[source.name] = Located(source, path, files)
    own = names.get(_plain(folder.absolute().name))
    if own and not found:
        raise SourceError(
            f"is the folder of {own.name} itself", where=folder, fix="Give the folder that it is in."
        )
    return {source.name: found[source.name] for source in sources if source.name in found}


def _plain(name: str) -> str:
    """Return a folder's name in the one spelling that aliases are compared in."""
    name = name.lower().removeprefix("datasets--")
    return re.sub(r"___?|--", "/", name).replace("-", "_")


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield path
            if depth > 1:
                yield from _folders(path, depth - 1)


def _files(folder: Path, source: Source) -> dict[str, Path]:
    """Return the training files by name; those of another split, and hidden ones, are not for training."""
    for pattern in source.files:
        names = {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern)}
        found = {
            name: names[name]
            for name in sorted(names)
            if names[name].suffix in FORMATS and not OTHER_SPLIT.search(name) and not name.startswith(".")
        }
        if found:
            return found
    return {}
