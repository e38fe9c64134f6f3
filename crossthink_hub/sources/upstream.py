"""Where a build's sources come from: the embedded sample, or a folder of upstream files."""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from crossthink_hub.errors import SourceError
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources import SOURCES
from crossthink_hub.sources.registry import Located, locate
from crossthink_hub.sources.sample import write_sample

SAMPLE = "sample"
NO_READER = "not read by this version yet"
NO_FILES = "no files found"
NO_ROWS = "no usable row"


@dataclass(frozen=True)
class Upstream:
    """The sources of a build.

    Attributes:
        kind: `sample` or `folder`.
        located: the sources that are there, by name.
        left_out: those that are wanted and not there, with the reason.
    """

    kind: str
    located: Mapping[str, Located]
    left_out: Mapping[str, str]


def open_upstream(sources: str, wanted: Collection[str], scratch: Path, allow_missing: bool) -> Upstream:
    """Find the wanted sources.

    Args:
        sources: `sample`, or a folder of upstream files.
        wanted: names of the sources that the configs take from.
        scratch: where the sample is written.
        allow_missing: whether a source may be missing.

    Raises:
        SourceError: a source is missing and may not be, or none is there.
    """
    if sources == SAMPLE:
        write_sample(scratch / SAMPLE)
        located = {name: _as_sample(found) for name, found in locate(SOURCES, scratch / SAMPLE).items()}
    else:
        located = locate(SOURCES, Path(sources))
    readable = {source.name for source in SOURCES}
    left_out = {
        name: NO_FILES if name in readable else NO_READER
        for name in source_facts()
        if name in wanted and name not in located
    }
    missing = [name for name, reason in left_out.items() if reason == NO_FILES]
    if missing and not allow_missing:
        raise SourceError(
            f"found no files for {', '.join(missing)}",
            where=sources,
            fix=f"{_expected(missing)}\nOr build without: --allow-missing.",
        )
    present = {name: found for name, found in located.items() if name in wanted}
    if not present:
        raise SourceError("found none of the sources", where=sources, fix=_expected(sorted(left_out)))
    return Upstream(SAMPLE if sources == SAMPLE else "folder", present, left_out)


def without(upstream: Upstream, empty: Collection[str], allow_missing: bool) -> Upstream:
    """Leave out sources that turned out to have no usable row; their drops stay counted.

    Raises:
        SourceError: there are some, and none may be missing.
    """
    if empty and not allow_missing:
        raise SourceError(
            f"none of the rows of {', '.join(empty)} can be used",
            fix="Check its files. Or build without: --allow-missing.",
        )
    reasons = dict.fromkeys(empty, NO_ROWS)
    return dataclasses.replace(upstream, left_out={**upstream.left_out, **reasons})


def _as_sample(found: Located) -> Located:
    """Say in every row that it is made up: nothing of the real data set stands in it."""
    source = dataclasses.replace(
        found.source, repo="crossthink-hub/sample", licence="Apache-2.0", non_commercial=None
    )
    return dataclasses.replace(found, source=source)


def _expected(names: Collection[str]) -> str:
    by_name = {source.name: source for source in SOURCES}
    lines = [
        f"  {name}: a folder {' or '.join((name, *by_name[name].aliases))}"
        for name in names
        if name in by_name
    ]
    return "Expected in it:\n" + "\n".join(lines)
