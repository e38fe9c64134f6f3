"""What a source is, and where its files lie in a folder of upstream files."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from crossthink_hub.errors import SourceError, UsageError
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
class Content:
    """What a data set holds, whatever the order: rows, and the sum of their identities' digests."""

    rows: int
    digest: str


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
        content: what an alternate must hold to be accepted.
    """

    name: str
    repo: str
    licence: str
    aliases: tuple[str, ...]
    files: tuple[str, ...]
    shapes: tuple[Shape, ...]
    non_commercial: str | None = None
    alternates: tuple[Alternate, ...] = ()
    content: Content | None = None


@dataclass(frozen=True)
class Located:
    """A source's folder and the files to read in it, sorted by name.

    Attributes:
        source: what they are of.
        folder: where they lie.
        files: path by name below the folder.
        repo: where they came from, if that is known to be another than the source's.
        revision: the commit, if that is known.
        left_alone: names of files that could be read but are of another split or config.
    """

    source: Source
    folder: Path
    files: Mapping[str, Path]
    repo: str | None = None
    revision: str | None = None
    left_alone: tuple[str, ...] = ()


def named(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """Return the sources of these names, in the order of `sources`.

    Raises:
        UsageError: there is none of a name; the message names the nearest, or all.
    """
    known = {source.name: source for source in sources}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
            raise UsageError(f"unknown source {name!r}", fix=hint)
    return [source for source in sources if source.name in names]


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
    known = _by_name(sources)
    found: dict[str, Located] = {}
    for path in _folders(folder, DEEPEST):
        named = known.get(_plain(path.relative_to(folder).as_posix()), [])
        for source in named:
            if not (there := _located(path, source, shared=len(named) > 1)):
                continue
            if source.name in found:
                raise SourceError(
                    f"{path.name} and {found[source.name].folder.name} are both {source.name}",
                    where=folder,
                    fix="Keep one of them.",
                )
            found[source.name] = there
    own = known.get(_plain(folder.absolute().name))
    if own and not found:
        raise SourceError(
            f"is the folder of {own[0].name} itself", where=folder, fix="Give the folder that it is in."
        )
    return {source.name: found[source.name] for source in sources if source.name in found}


def _by_name(sources: Sequence[Source]) -> dict[str, list[Source]]:
    """Return the sources by every name of their folders; one repository may hold several."""
    known: dict[str, list[Source]] = {}
    for source in sources:
        for name in dict.fromkeys(map(_plain, (source.name, source.repo, *source.aliases))):
            known.setdefault(name, []).append(source)
    return known


def _plain(name: str) -> str:
    """Return a folder's name in the one spelling that aliases are compared in."""
    name = name.lower().removeprefix("datasets--")
    return re.sub(r"___?|--", "/", name).replace("-", "_")


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        _refuse(error)
    for path in paths:
        if path.is_dir() and not path.name.startswith("."):
            yield path
            if depth > 1:
                yield from _folders(path, depth - 1)


def _located(folder: Path, source: Source, shared: bool) -> Located | None:
    """Return a source's training files in a folder, and the names of the others that could be read."""
    paths = {path.relative_to(folder).as_posix(): path for path in _below(folder)}
    patterns = source.files if shared else (*source.files, "**/*")
    taken = choose(paths, patterns)
    if not taken:
        return None
    readable = sorted(name for name in paths if PurePosixPath(name).suffix in FORMATS and name not in taken)
    # In a folder of several sources the others' files are not left alone.
    left = [name for name in readable if not (shared and _is_training_file(name))]
    return Located(source, folder, {name: paths[name] for name in taken}, left_alone=tuple(left))


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of those in it, also where a link leads to one."""
    seen: set[Path] = set()
    for place, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        real = Path(place).resolve()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(place, name) for name in files)


def _refuse(error: OSError) -> NoReturn:
    """Say which folder the system can't read: its files would be missing without a word.

    Raises:
        SourceError: always.
    """
    raise SourceError(
        f"can't be read ({error.strerror})", where=error.filename, fix="Check its permissions."
    ) from error


def choose(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Return the training files among the paths given, sorted: those of the first pattern that matches any.

    Files of another split, hidden ones, and those that are not read are left out.

    Args:
        names: paths with forward slashes.
        patterns: as `Source.files` has them: `*` matches within a name, `**` any number of folders.

    Example:
        >>> choose(["README.md", "all/train-0.parquet", "all/test-0.parquet"], ["data/*", "**/*"])
        ['all/train-0.parquet']
    """
    readable = sorted(name for name in names if _is_training_file(name))
    for pattern in patterns:
        matches = re.compile(_as_regex(pattern)).fullmatch
        if found := [name for name in readable if matches(name)]:
            return found
    return []


def _is_training_file(name: str) -> bool:
    hidden = any(part.startswith(".") for part in name.split("/"))
    return PurePosixPath(name).suffix in FORMATS and not hidden and not OTHER_SPLIT.search(name)


def _as_regex(pattern: str) -> str:
    """Return a glob pattern as a regular expression.

    Example:
        >>> _as_regex("**/all/train*")
        '(?:[^/]+/)*all/train[^/]*'
    """
    parts = [
        "(?:[^/]+/)*" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") + "/"
        for part in pattern.split("/")
    ]
    return "".join(parts).removesuffix("/")
