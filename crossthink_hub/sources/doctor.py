"""`crossthink doctor`: whether this machine, and the upstreams as they are today, are what a build needs."""

import os
import platform
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import crossthink_hub
from crossthink_hub.errors import CrossThinkError, SourceError
from crossthink_hub.hub.endpoint import endpoint
from crossthink_hub.progress import in_threads, size
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources.habits import habits_of
from crossthink_hub.sources.reading import FORMATS, check_readable, pieces, read, shape_of
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.remote import (
    BY_HAND,
    Remote,
    RemoteFile,
    asking,
    cache_folder,
    find,
    free_disk,
    reach,
)

Level = Literal["ok", "warning", "error"]
SETUP = "setup"
PACKAGES = ("pyarrow", "datasets", "huggingface_hub")
LITTLE_DISK = 20 * 10**9
"""The upstreams are several gigabytes, and a build of all of them as much again."""
TAKEN_IN_PART = frozenset({"natural_reasoning", "numina_math"})
"""Sources whose upstream has more rows than the paper took."""
HEAD_ROWS = 20
BLOCK = 1 << 18
"""How many bytes of a file on the Hub one request reads."""
MOST_BLOCKS = 64
"""How many are read to find the end of the first line."""
SHOWN = 60
THREADS = 4


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: the source, or `setup`.
        level: whether it is as expected.
        text: what was found.
        fix: what to do, if anything.
    """

    about: str
    level: Level
    text: str
    fix: str | None = None


def examine_setup() -> list[Finding]:
    """Return what this machine has: versions, disk, cache, the Hub's settings, but never a token's value.

    Example:
        >>> [finding.level for finding in examine_setup() if finding.text.startswith("Python")]
        ['ok']
    """
    own = f"Python {platform.python_version()}, crossthink-hub {crossthink_hub.__version__}"
    others = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return [
        Finding(SETUP, "ok", f"{own}, {others}"),
        _disk(),
        _token(),
        *_switches(),
    ]


def _disk() -> Finding:
    folder = cache_folder()
    free = free_disk(folder)
    text = f"cache {folder}: {size(free)} free"
    if not _is_writable(folder):
        return Finding(SETUP, "error", f"{text}, not writable", "Choose another with HF_HOME=FOLDER.")
    if free < LITTLE_DISK:
        fix = "The upstreams take several gigabytes. HF_HOME=FOLDER puts the cache on another disk."
        return Finding(SETUP, "warning", text, fix)
    return Finding(SETUP, "ok", text)


def _is_writable(folder: Path) -> bool:
    """Tell whether a folder can be written, or made."""
    there = next((path for path in (folder, *folder.absolute().parents) if os.access(path, os.F_OK)), folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _token() -> Finding:
    from huggingface_hub import get_token

    if get_token() is None:
        return Finding(
            SETUP, "ok", "no Hub token: enough for what is public", "For gated ones: `hf auth login`."
        )
    return Finding(SETUP, "ok", "a Hub token is set")


def _switches() -> Iterable[Finding]:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        yield Finding(
            SETUP, "warning", "HF_HUB_OFFLINE is set: only the cache is read", "Unset it to download."
        )
    if "HF_ENDPOINT" in os.environ:
        yield Finding(SETUP, "ok", f"HF_ENDPOINT is set: the Hub is {endpoint()}")


def examine(sources: Sequence[Source]) -> list[Finding]:
    """Return how each source's upstream on the Hub compares with what is expected, without downloading it.

    Read are the list of files, the footers of Parquet files, and the first rows of the first file.
    """
    found = in_threads(_examine, sources, THREADS, "Examining")
    return [finding for findings in found for finding in findings]


def _examine(source: Source) -> list[Finding]:
    findings: list[Finding] = []
    try:
        remote, passed = find(source)
        findings += [
            Finding(
                source.name, "warning", f"{error.where} {error.message}", f"{remote.repo} is used instead."
            )
            for error in passed
        ]
        reach(remote)
        findings.append(_commit(source, remote))
        findings += _contents(source, remote)
    except CrossThinkError as error:
        text = f"{error.where}: {error.message}" if error.where else error.message
        findings.append(Finding(source.name, "error", text, error.fix))
    return findings


def _commit(source: Source, remote: Remote) -> Finding:
    gated = ", gated, open to you" if remote.gated else ""
    names = ", ".join(file.path for file in remote.files[:3]) + (", …" if len(remote.files) > 3 else "")
    return Finding(
        source.name,
        "ok",
        f"{remote.repo} at {remote.revision}{gated}: {len(remote.files)} file"
        f"{'s' * (len(remote.files) > 1)}, {size(remote.bytes)} ({names})",
    )


def _contents(source: Source, remote: Remote) -> list[Finding]:
    """Compare row counts and first rows with what the paper and the source's shapes say."""
    with tempfile.TemporaryDirectory() as scratch:
        name = remote.files[0].path
        path = Path(scratch, Path(name).name)
        footers = [file for file in remote.files if file.path.endswith(".parquet")]
        rows = sum(_metadata(remote, file).num_rows for file in footers)
        _save_head(remote, remote.files[0], path)
        counts = [_rows(source, rows)] if len(footers) == len(remote.files) else []
        return [*counts, *_first_rows(source, name, path)]


def _rows(source: Source, rows: int) -> Finding:
    expected = source_facts()[source.name].samples
    if rows < expected:
        fix = "A build from it has fewer rows than the paper's blends."
        return Finding(source.name, "warning", f"{rows:,} rows, the paper has {expected:,}", fix)
    if rows > expected and source.name not in TAKEN_IN_PART:
        fix = "Files of another config may be among them: lock the files of one by hand, or report it."
        return Finding(source.name, "warning", f"{rows:,} rows, the paper has only {expected:,}", fix)
    more = "" if rows == expected else f", of which the paper takes {expected:,}"
    return Finding(source.name, "ok", f"{rows:,} rows{more}")


def _first_rows(source: Source, name: str, path: Path) -> list[Finding]:
    """Read the first rows as a build would, and say whether questions and answers come out.

    Raises:
        SourceError: their columns fit none of the source's shapes, or they can't be read.
    """
    parts = pieces(path, name)
    if not parts:
        return [Finding(source.name, "error", f"{name} has no rows", BY_HAND)]
    shape = shape_of(path, name, source.shapes)
    raw = read(parts[0], shape, habits_of({name: path}, source.shapes).instruction)
    check_readable(name, raw.table.num_rows, {reason: len(rows) for reason, rows in raw.unreadable.items()})
    columns = FORMATS[path.suffix].columns(path, name)
    text = f"columns as expected: {', '.join(shape.required)}"
    if absent := shape.absent(columns):
        text += f"; without {', '.join(absent)}, which would be read too (there are {', '.join(columns)})"
    return [Finding(source.name, "ok", text), _usable(source, shape.problems(raw.table).slice(0, HEAD_ROWS))]


def _usable(source: Source, found: pa.Table) -> Finding:
    """Say whether rows have a question and an answer, and show one."""
    usable = found.filter(pc.and_(_not_empty(found["question"]), _not_empty(found["answer"])))
    text = f"{len(usable)} of the first {len(found)} rows have question and answer"
    if not len(usable):
        fix = "The upstream's rows are not what this version reads: report it, or use files of your own."
        return Finding(source.name, "error", text, fix)
    first = usable.slice(0, 1).to_pylist()[0]
    return Finding(source.name, "ok", f"{text}: “{_short(first['question'])}” — “{_short(first['answer'])}”")


def _not_empty(text: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.not_equal(text, ""), False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _metadata(remote: Remote, file: RemoteFile) -> pq.FileMetaData:
    with asking(remote.repo), _opened(remote, file) as data:
        try:
            return pq.ParquetFile(data).metadata
        except pa.ArrowInvalid as error:
            raise _damaged(remote, file, error) from error


def _save_head(remote: Remote, file: RemoteFile, path: Path) -> None:
    """Write a small file with the first rows of one on the Hub, so that it can be read as any local file."""
    with asking(remote.repo), _opened(remote, file) as data:
        if path.suffix == ".parquet":
            try:
                # Page by page, not whole row groups: those may be hundreds of megabytes.
                whole = pq.ParquetFile(data, buffer_size=BLOCK, pre_buffer=False)
                batch = next(whole.iter_batches(HEAD_ROWS), None)
            except pa.ArrowInvalid as error:
                raise _damaged(remote, file, error) from error
            rows = [] if batch is None else [batch]
            pq.write_table(pa.Table.from_batches(rows, whole.schema_arrow), path)
        else:
            path.write_bytes(_first_lines(data))


def _first_lines(data: BinaryIO) -> bytes:
    """Return the whole lines of a first block, or of as many as it takes to find one."""
    start = b""
    for _ in range(MOST_BLOCKS):
        block = data.read(BLOCK)
        start += block
        if b"\n" in block or not block:
            break
    return start[: start.rfind(b"\n") + 1] or start


def _opened(remote: Remote, file: RemoteFile) -> BinaryIO:
    from huggingface_hub import HfFileSystem

    path = f"datasets/{remote.repo}@{remote.revision}/{file.path}"
    opened: BinaryIO = HfFileSystem().open(path, "rb", block_size=BLOCK)
    return opened


def _damaged(remote: Remote, file: RemoteFile, error: Exception) -> SourceError:
    return SourceError(
        f"expected a Parquet file, can't read it as one ({error})",
        where=f"{remote.repo}: {file.path}",
        fix="The upstream is damaged; use an earlier commit's files with --sources FOLDER.",
    )
