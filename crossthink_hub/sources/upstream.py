"""Where a build's sources come from: the embedded sample, the Hub, or a folder of upstream files."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crossthink_hub.errors import SourceError
from crossthink_hub.sources import SOURCES
from crossthink_hub.sources.registry import Content, Located, Source, locate
from crossthink_hub.sources.sample import write_sample

SAMPLE, HUB = "sample", "hub"
WriteFiles = Callable[[Path], None]
"""Writes made-up files in the upstream formats below a folder."""
LOCK = Path("sources.lock.json")
NO_FILES = "no files found"
NO_ROWS = "no usable row"


@dataclass(frozen=True)
class Upstream:
    """The sources of a build.

    Attributes:
        kind: `sample`, `hub` or `folder`.
        located: the sources that are there, by name.
        left_out: those that are wanted and not there, or may not be sold, with the reason.
    """

    kind: str
    located: Mapping[str, Located]
    left_out: Mapping[str, str]


class Asked(Protocol):
    """What of the settings of a build matters here."""

    @property
    def allow_missing(self) -> bool:
        """Whether a source may be missing."""

    @property
    def commercial_only(self) -> bool:
        """Whether only sources that may be sold are taken."""


def open_upstream(
    sources: str,
    wanted: Collection[str],
    scratch: Path,
    settings: Asked,
    lock: Path,
    made_up: WriteFiles = write_sample,
) -> Upstream:
    """Find the wanted sources.

    Args:
        sources: `sample`, `hub`, or a folder of upstream files.
        wanted: names of the sources that the configs take from.
        scratch: where the sample is written.
        settings: whether a source may be missing, and whether only those that may be sold are taken.
        lock: of the Hub's repositories.
        made_up: writes the files of the sample.

    Raises:
        SourceError: a source is missing and may not be, or none is there.
    """
    asked = [source for source in SOURCES if source.name in wanted]
    unsold = {
        source.name: f"may not be sold: {source.non_commercial}"
        for source in asked
        if settings.commercial_only and source.non_commercial and sources != SAMPLE
    }
    asked = [source for source in asked if source.name not in unsold]
    if not asked:
        raise SourceError("none of the sources may be sold", fix="Build without --commercial-only.")
    if sources == SAMPLE:
        located = _made_up(asked, scratch / SAMPLE, made_up)
    else:
        located = _find(sources, asked, lock, settings.allow_missing)
    missing = [source.name for source in asked if source.name not in located]
    if missing and not settings.allow_missing:
        raise SourceError(
            f"found no files for {', '.join(missing)}",
            where=sources,
            fix=f"{_expected(missing)}\nOr build without: --allow-missing.",
        )
    if not located:
        raise SourceError("found none of the sources", where=sources, fix=_expected(missing))
    left_out = {**unsold, **dict.fromkeys(missing, NO_FILES)}
    return Upstream(sources if sources in (SAMPLE, HUB) else "folder", located, left_out)


def _made_up(asked: Sequence[Source], folder: Path, write: WriteFiles) -> Mapping[str, Located]:
    write(folder)
    return {name: _as_sample(found) for name, found in locate(asked, folder).items()}


def _find(sources: str, asked: Sequence[Source], lock: Path, allow_missing: bool) -> Mapping[str, Located]:
    if sources == HUB:
        from crossthink_hub.sources.hub import fetch

        return fetch(asked, lock, allow_missing=allow_missing)
    names = {source.name for source in asked}
    return {name: found for name, found in locate(SOURCES, Path(sources)).items() if name in names}


def check_content(upstream: Upstream, read: Mapping[str, Content]) -> None:
    """Check that what was read of an alternate repository is what the source holds.

    Raises:
        SourceError: it is not.
    """
    for name, found in upstream.located.items():
        expected = found.source.content
        if expected and found.repo not in (None, found.source.repo) and read[name] != expected:
            raise SourceError(
                f"stands in for {found.source.repo} but holds other rows: expected {expected.rows:,} of "
                f"digest {expected.digest}, found {read[name].rows:,} of {read[name].digest}",
                where=found.repo,
                fix="Remove it from the lock file, or build from files of your own (--sources FOLDER).",
            )


def without(upstream: Upstream, empty: Mapping[str, Mapping[str, int]], allow_missing: bool) -> Upstream:
    """Leave out sources that turned out to have no usable row; their drops stay counted.

    Args:
        upstream: the sources.
        empty: those without a usable row, with how many were dropped by reason.
        allow_missing: whether a source may be missing.

    Raises:
        SourceError: there are some, and none may be missing, or no other is there.
    """
    if empty and not (allow_missing and upstream.located.keys() - empty):
        raise SourceError(
            f"none of the rows of {', '.join(empty)} can be used ({_why(empty)})",
            fix="Check its files." + ("" if allow_missing else " Or build without: --allow-missing."),
        )
    reasons = dict.fromkeys(empty, NO_ROWS)
    return dataclasses.replace(upstream, left_out={**upstream.left_out, **reasons})


def _why(empty: Mapping[str, Mapping[str, int]]) -> str:
    """Return the reasons for which a source has no usable row.

    Example:
        >>> _why({"mmlu": {"no_options": 2}, "syn_qa": {}})
        'mmlu: no_options 2; syn_qa: its files have no rows'
    """
    counts = {
        name: ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
        for name, reasons in empty.items()
    }
    return "; ".join(f"{name}: {text or 'its files have no rows'}" for name, text in counts.items())


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
