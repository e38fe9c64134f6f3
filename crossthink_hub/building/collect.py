"""First pass: read the sources piece by piece, filter, and keep each problem's hashes in memory.

The problems themselves wait on disk, a file for each piece.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import SourceError
from crossthink_hub.identity import UInt64, detail_digests, digests, ids, ranks
from crossthink_hub.problem import AS_RELEASED
from crossthink_hub.recipe.configs import AS_IS, RELEASED
from crossthink_hub.recipe.forms import refusals
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources.habits import Habits, habits_of
from crossthink_hub.sources.reading import absent_columns, check_readable, pieces, read, shape_of
from crossthink_hub.sources.registry import Located, Source
from crossthink_hub.sources.shape import Piece, Shape
from crossthink_hub.texts import Mask

DROPPED = pa.schema(
    [
        ("id", pa.string()),  # null where the row could not even be read
        ("reason", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),  # from 0: rows of Parquet and CSV, lines of JSON Lines
        ("form", pa.string()),  # null where no config could hold it; else the form that could not
    ]
)
"""A row of `dropped/<source>.parquet`."""


@dataclass(frozen=True)
class ReadTask:
    """One piece to read, and where its problems go; `absent` are columns that its shape does not find."""

    source: Source
    shape: Shape
    absent: Sequence[str]
    habits: Habits
    piece: Piece
    spill: Path


@dataclass(frozen=True)
class Collected:
    """What one piece gave: hashes of the problems kept, in the order of `spill`, and the rows dropped.

    Attributes:
        task: the piece.
        digests: of the problems kept.
        ranks: of their ids without an ordinal.
        usable: by form, which of them can be asked so; `as_is`, and every form of the build.
        read: how many rows could be read.
        all_read: sum of the digests of all of them, whatever their order.
        dropped: rows that some form can't hold, with `row` counted from the piece's start.
        flags: how many of the problems that some form holds carry each flag.
        lines: how many places the piece covers.
    """

    task: ReadTask
    digests: UInt64
    ranks: UInt64
    usable: Mapping[str, Mask]
    read: int
    all_read: int
    dropped: pa.Table
    flags: Mapping[str, int]
    lines: int


def read_tasks(located: Mapping[str, Located], folder: Path) -> list[ReadTask]:
    """Return the pieces of all files of all sources, in the order of sources, files and places.

    Raises:
        SourceError: a file can't be opened, or fits none of its source's shapes.
    """
    tasks: list[ReadTask] = []
    for found in located.values():
        source = found.source
        with _of(source):
            habits = habits_of(found.files, source.shapes)
            for name, path in found.files.items():
                if not (parts := pieces(path, name)):
                    continue
                shape = shape_of(path, name, source.shapes)
                absent = absent_columns(path, name, shape)
                for piece in parts:
                    spill = folder / f"{len(tasks):06d}.arrow"
                    tasks.append(ReadTask(source, shape, absent, habits, piece, spill))
    return tasks


@contextmanager
def _of(source: Source) -> Iterator[None]:
    """Say of which source a file is that is not as it should be: each may have a `train.parquet`.

    Raises:
        SourceError: it is not.
    """
    try:
        yield
    except SourceError as error:
        raise SourceError(error.message, where=f"{source.name}/{error.where}", fix=error.fix) from error


def collect(task: ReadTask, settings: BuildSettings) -> Collected:
    """Read one piece, filter it, spill its problems and return their hashes.

    Raises:
        SourceError: the piece can't be read.
    """
    name = task.source.name
    with _of(task.source):
        raw = read(task.piece, task.shape, task.habits.instruction)
    problems = task.habits.shape(task.shape).problems(raw.table)
    own = digests(problems)
    forms = settings.forms_of(name)
    reasons = {
        form: refusals(problems, source_facts()[name], form, settings.strict)
        for form in dict.fromkeys([*forms, AS_IS])
    }
    usable = {form: pc.is_null(reason).to_numpy(zero_copy_only=False) for form, reason in reasons.items()}
    kept = np.flatnonzero(np.any(list(usable.values()), axis=0))
    asked = np.any([usable[form] for form in forms], axis=0)
    dropped = _dropped(task, own, problems["row"], {form: reasons[form] for form in forms}, raw.unreadable)
    _spill(problems if len(kept) == len(problems) else problems.take(pa.array(kept)), task.spill, settings)
    return Collected(
        task,
        own[kept],
        ranks(ids(name, own[kept], np.zeros(len(kept), np.int64)), settings.seed),
        {
            form: usable[form][kept] if form in usable else np.zeros(len(kept), bool)
            for form in dict.fromkeys([*settings.forms, AS_IS])
        },
        raw.table.num_rows,
        int(own.sum(dtype=np.uint64)),
        dropped,
        Counter(pc.list_flatten(problems["flags"].filter(pa.array(asked))).to_pylist()),
        raw.lines,
    )


def check_files(parts: Iterable[Collected]) -> None:
    """Check that most rows of every file could be read.

    Raises:
        SourceError: most of a file's rows could not.
    """
    rows: Counter[tuple[str, str]] = Counter()
    unreadable: dict[tuple[str, str], Counter[str]] = {}
    for part in parts:
        file = part.task.source.name, part.task.piece.name
        rows[file] += part.read
        lost = part.dropped.filter(pc.is_null(part.dropped["id"]))
        unreadable.setdefault(file, Counter()).update(lost["reason"].to_pylist())
    for (source, name), reasons in unreadable.items():
        check_readable(f"{source}/{name}", rows[source, name], reasons)


def _spill(problems: pa.Table, path: Path, settings: BuildSettings) -> None:
    done = ("row", "unfit") if RELEASED in settings.forms else ("row", "unfit", *AS_RELEASED)
    problems = problems.drop_columns(list(done))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, problems.schema) as writer:
        writer.write_table(problems)


def details_of(parts: Sequence[Collected], rows: npt.NDArray[np.int64]) -> tuple[UInt64, UInt64]:
    """Return what tells equal problems apart, for some of a source's problems, read back from disk.

    The second array counts where the first is equal.

    Args:
        parts: all pieces of the source.
        rows: indices into its kept problems.
    """
    ends = np.cumsum([0, *(len(part.digests) for part in parts)])
    piece = np.searchsorted(ends, rows, side="right") - 1
    details, released = np.zeros((2, len(rows)), np.uint64)
    for number in np.unique(piece):
        own = piece == number
        with pa.memory_map(str(parts[number].task.spill)) as file:
            problems = pa.ipc.open_file(file).read_all().take(pa.array(rows[own] - ends[number]))
        details[own], released[own] = detail_digests(problems)
    return details, released


def _dropped(
    task: ReadTask,
    digests: UInt64,
    rows: pa.ChunkedArray,
    reasons: Mapping[str, pa.StringArray],
    unreadable: Mapping[str, list[int]],
) -> pa.Table:
    """Return the rows that no form holds, under the first form's reason, and those that only some do."""
    refused = {form: pc.is_valid(reason).to_numpy(zero_copy_only=False) for form, reason in reasons.items()}
    by_all = np.all(list(refused.values()), axis=0)
    first = next(iter(reasons))
    parts: list[tuple[str | None, npt.NDArray[np.int64], pa.StringArray]] = [
        (None, np.flatnonzero(by_all), reasons[first])
    ]
    parts += [(form, np.flatnonzero(refused[form] & ~by_all), reasons[form]) for form in reasons]
    tables = [
        _drops(
            ids(task.source.name, digests[own], np.zeros(len(own), np.int64)),
            why.take(own),
            rows.take(own),
            form,
        )
        for form, own, why in parts
        if len(own)
    ]
    tables += [
        _drops([None] * len(lost), pa.repeat(reason, len(lost)), pa.array(lost, pa.int64()), None)
        for reason, lost in unreadable.items()
    ]
    found = pa.concat_tables([_drops([], pa.array([], pa.string()), pa.array([], pa.int64()), None), *tables])
    file = pa.repeat(pa.scalar(task.piece.name, pa.string()), len(found))
    return found.add_column(2, "file", file).cast(DROPPED)


def _drops(ids: Sequence[str | None], reasons: pa.Array, rows: pa.Array, form: str | None) -> pa.Table:
    forms = pa.array([form] * len(ids), pa.string())
    return pa.table({"id": pa.array(ids, pa.string()), "reason": reasons, "row": rows, "form": forms})


def reasons(parts: Iterable[Collected]) -> Counter[str]:
    """Return how many rows of a source were dropped, by reason."""
    return Counter(reason for part in parts for reason in part.dropped["reason"].to_pylist())


def dropped_rows(parts: Iterable[Collected]) -> pa.Table:
    """Return what was dropped of a source, sorted by place, the places counted from each file's start."""
    return pa.concat_tables([DROPPED.empty_table(), *_from_file_start(parts)]).sort_by(
        [("file", "ascending"), ("row", "ascending"), ("form", "ascending")]
    )


def _from_file_start(parts: Iterable[Collected]) -> Iterator[pa.Table]:
    before: Counter[str] = Counter()
    for part in parts:
        file = part.task.piece.name
        rows = pa.array(part.dropped["row"].to_numpy() + before[file], pa.int64())
        yield part.dropped.set_column(3, DROPPED.field("row"), rows)
        before[file] += part.lines
