"""`crossthink-eval`: the benchmarks as a folder that any tool reads, a config for each."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from crossthink_hub.building.digest import hexadecimal, row_digests, sequence_digest, set_digest
from crossthink_hub.building.manifest import FILE_NAME
from crossthink_hub.building.output import publish, scratch_folder
from crossthink_hub.building.parquet import write_parquet
from crossthink_hub.errors import OutputError, UsageError
from crossthink_hub.evaluation.benchmarks import BENCHMARKS, named
from crossthink_hub.evaluation.benchmarks.card import card_text
from crossthink_hub.evaluation.benchmarks.fetching import LOCK
from crossthink_hub.evaluation.benchmarks.loading import missing, read_benchmarks
from crossthink_hub.evaluation.benchmarks.manifest import WHAT, Manifest, make_manifest
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.recipe.configs import LONG
from crossthink_hub.sources.checksum import sha256
from crossthink_hub.sources.upstream import HUB, NO_FILES

OUT = Path("crossthink-eval")


def build_benchmarks(
    names: Sequence[str] = (),
    sources: str | Path = HUB,
    out: str | Path = OUT,
    *,
    answer: str = LONG,
    allow_missing: bool = False,
    lock: Path = LOCK,
) -> Manifest:
    """Write benchmarks into a folder, and return its manifest.

    Args:
        names: of the benchmarks; none for all that may be put online.
        sources: `hub`, `sample`, or a folder with a folder for each benchmark.
        out: the folder; benchmarks that are there are replaced, at once and whole.
        answer: of multiple-choice questions, `long` or `short`.
        allow_missing: whether to leave out benchmarks that a folder does not have.
        lock: which commits to read; written if it is not there.

    Raises:
        UsageError: there is no such benchmark, or its authors ask that no example be put online.
        SourceError: one is missing, or a file of it can't be read.
        OutputError: `out` can't be written, or holds something else.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     manifest = build_benchmarks(["amc23"], "sample", Path(folder) / "crossthink-eval")
        >>> manifest["configs"]["amc23"]["rows"]
        8
    """
    wanted, left_out = _publishable(names)
    out = Path(out)
    _check_out(out)
    loaded = read_benchmarks(wanted, sources, answer, lock)
    gone = [name for name in wanted if name not in {one.benchmark.name for one in loaded}]
    if gone and not (allow_missing and loaded):
        raise missing(gone, sources)
    left_out |= dict.fromkeys(gone, NO_FILES)
    with scratch_folder(out) as scratch:
        configs = {one.benchmark.name: _written(one, scratch) for one in loaded}
        manifest = make_manifest(loaded, configs, left_out, answer)
        (scratch / FILE_NAME).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
        (scratch / "README.md").write_text(card_text(manifest), "utf-8")
        publish(scratch, out)
    return manifest


def _publishable(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the benchmarks to write, and those left out with the reason.

    Raises:
        UsageError: one that was asked for by name may not be put online.
    """
    if not names:
        forbidden = {own.name: own.never_published for own in BENCHMARKS if own.never_published}
        return [own.name for own in BENCHMARKS if own.name not in forbidden], dict(forbidden)
    for own in named(names):
        if own.never_published:
            raise UsageError(
                f"{own.name} is not written into a folder that may be published: {own.never_published}",
                fix=f"Leave it out; crossthink_hub.load_benchmark({own.name!r}) reads it.",
            )
    return [own.name for own in named(names)], {}


def _check_out(out: Path) -> None:
    """Check that a folder does not hold training data, which benchmarks would replace.

    Raises:
        OutputError: it does.
    """
    try:
        held = json.loads((out / FILE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return
    if not isinstance(held, dict) or held.get("what") != WHAT:
        raise OutputError("holds something else than benchmarks", where=out, fix="Choose another folder.")


def _written(one: Loaded, folder: Path) -> Mapping[str, object]:
    """Write a benchmark's rows and drops; return what the manifest says of its config."""
    name = one.benchmark.name
    digests = row_digests(one.rows)
    path = folder / "data" / name / f"test-00000-of-00001-{sequence_digest(digests)[:16]}.parquet"
    write_parquet(one.rows, path)
    write_parquet(one.dropped, folder / "dropped" / f"{name}.parquet")
    file = {
        "path": path.relative_to(folder).as_posix(),
        "rows": len(one.rows),
        "bytes": path.stat().st_size,
        "bytes_in_memory": one.rows.nbytes,
        "sha256": sha256(path),
    }
    return {
        "title": one.benchmark.title,
        "rows": len(one.rows),
        "files": [file],
        "row_digest": hexadecimal(set_digest(digests)),
    }
