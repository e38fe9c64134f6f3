"""Where a benchmark's files lie in a folder of such, and which files of a repository are its own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from crossthink_hub.errors import SourceError
from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark

SUFFIXES = (".parquet", ".csv", ".jsonl", ".json")
SPLITS = ("train", "test", "val", "valid", "validation", "dev")
DEEPEST = 2
"""How many folders down a benchmark's folder may lie: `cais/mmlu` is two."""


@dataclass(frozen=True)
class Found:
    """A benchmark's files.

    Attributes:
        benchmark: what they are of.
        files: path by name below its folder or in its repository, sorted.
        repo: where they came from.
        revision: the commit, if that is known.
        left_alone: names of files that could be read but are of another split, or of no task.
        kind: `sample`, `hub` or `folder`.
    """

    benchmark: Benchmark
    files: Mapping[str, Path]
    repo: str
    revision: str | None = None
    left_alone: tuple[str, ...] = ()
    kind: str = "folder"


def locate(benchmarks: Sequence[Benchmark], folder: Path) -> dict[str, Found]:
    """Find each benchmark's files: in a folder of one of its names below a mirror, or in its own folder.

    Raises:
        SourceError: the mirror is no folder or can't be read, or two folders are of one benchmark.

    Returns:
        by name, in the order given; a benchmark without files is not in it.
    """
    if not folder.is_dir():
        raise SourceError(
            "expected a folder of benchmarks, found none",
            where=folder,
            fix="Give a folder with one folder per benchmark, such as math_500, or `hub` or `sample`.",
        )
    places = {path: path.relative_to(folder).as_posix() for path in _folders(folder, DEEPEST)}
    found: dict[str, Found] = {}
    for benchmark in benchmarks:
        there = [_found(benchmark, path) for path, name in places.items() if is_named(benchmark, name)]
        there = [one for one in there if one.files]
        if not there and is_named(benchmark, folder.absolute().name):
            there = [own for own in [_found(benchmark, folder)] if own.files]
        if len(there) > 1:
            raise SourceError(
                f"holds {benchmark.name} in {len(there)} folders", where=folder, fix="Keep one of them."
            )
        if there:
            found[benchmark.name] = there[0]
    return found


def is_named(benchmark: Benchmark, folder: str) -> bool:
    """Tell whether a folder has a name that a benchmark goes by.

    Example:
        >>> from crossthink_hub.evaluation.benchmarks import named
        >>> (math,) = named(["math_500"])
        >>> [is_named(math, name) for name in ("MATH-500", "huggingfaceh4__math-500", "math")]
        [True, True, False]
    """
    return _plain(folder) in map(_plain, (benchmark.name, benchmark.repo, *benchmark.aliases)) or (
        _plain(folder) == _plain(benchmark.repo.partition("/")[2])
    )


def _plain(name: str) -> str:
    """Return a folder's name in the one spelling that names are compared in."""
    name = name.lower().removeprefix("datasets--")
    return re.sub(r"___?|--", "/", name).replace("-", "_")


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    for path in _listed(folder):
        if path.is_dir() and not path.name.startswith("."):
            yield path
            if depth > 1:
                yield from _folders(path, depth - 1)


def _found(benchmark: Benchmark, folder: Path) -> Found:
    paths = {path.relative_to(folder).as_posix(): path for path in _files(folder, set())}
    taken = choose(benchmark, paths)
    left = tuple(sorted(name for name in paths if is_readable(name) and name not in taken))
    return Found(benchmark, {name: paths[name] for name in taken}, benchmark.repo, left_alone=left)


def _files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the files of a folder and of those in it, also where a link leads to one."""
    if (real := folder.resolve()) in seen:
        return
    seen.add(real)
    for path in _listed(folder):
        if path.is_dir():
            yield from _files(path, seen)
        else:
            yield path


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"can't be read ({error.strerror})", where=folder, fix="Check its permissions."
        ) from error


def choose(benchmark: Benchmark, names: Iterable[str]) -> list[str]:
    """Return a benchmark's own files among the paths given, sorted: those of its split, and of its tasks.

    Files that name its split come before those that name none, and these before those that name `test`.

    Example:
        >>> from crossthink_hub.evaluation.benchmarks import named
        >>> choose(named(["mmlu"])[0], ["all/dev-0.parquet", "all/test-0.parquet", "virology/test-0.parquet"])
        ['all/test-0.parquet']
    """
    readable = sorted(filter(is_readable, names))
    if benchmark.only_known:
        readable = [name for name in readable if benchmark.task_of(name) in benchmark.tasks]
    for split in (benchmark.split, None, "test"):
        own = [name for name in readable if _is_of(name, split)]
        for pattern in benchmark.files:
            if found := [name for name in own if PurePosixPath(name.lower()).match(pattern)]:
                return found
    return []


def is_readable(name: str) -> bool:
    """Tell whether a file is of a kind that is read, and not hidden."""
    path = PurePosixPath(name)
    return path.suffix in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def _is_of(name: str, split: str | None) -> bool:
    """Tell whether a path names a split, or with None that it names none at all."""
    words = "|".join(SPLITS) if split is None else split
    mentions = re.search(rf"(^|[/_\-.])({words})([/_\-.0-9]|$)", name, re.IGNORECASE)
    return (mentions is None) == (split is None)
