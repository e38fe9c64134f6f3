"""A run on disk: what it is, its questions, every generation and verdict, and the results.

    runs/x/
      run.json                                   what decides the generations
      questions/BENCHMARK.parquet                the rows that are asked
      generations/BENCHMARK/PASS-00000.parquet   answers, in files written as they were done
      verdicts/MODE/BENCHMARK.parquet            a verdict for each
      results.json                               what it comes to

Every file is written at once and whole, so that a kill at any time leaves a run that goes on.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.errors import FolderError, OutputError, UsageError
from crossthink_hub.evaluation.generation import Finish, Generation, Key
from crossthink_hub.evaluation.item import SCHEMA as QUESTION
from crossthink_hub.evaluation.item import Item, items

RUN_FILE = "run.json"
FORMAT = 1
GROWING = ("benchmarks", "passes")
SHOWN = 3
BATCH = 1_000
Place: TypeAlias = tuple[str, ...]
NAME = re.compile(r"(?P<run>\w+)-(?P<number>\d+)\.parquet")
GENERATION = pa.schema(
    [
        ("benchmark", pa.string()),
        ("id", pa.string()),
        ("run", pa.string()),
        ("sample", pa.int32()),
        ("response", pa.string()),
        ("tokens", pa.int32()),
        ("prompt_tokens", pa.int32()),
        ("finish", pa.string()),
    ]
)
"""A generation: `response` is null where there is none, counts where the engine does not tell them."""
VERDICT = pa.schema(
    [
        ("id", pa.string()),
        ("run", pa.string()),
        ("sample", pa.int32()),
        ("correct", pa.bool_()),
        ("formatted", pa.bool_()),
        ("answer", pa.string()),
        ("status", pa.string()),
        ("why", pa.string()),
        ("tokens", pa.int32()),
        ("finish", pa.string()),
    ]
)
"""A verdict on a generation; `correct` is null where the ground truth can't be graded."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run.

    Attributes:
        path: of it.
    """

    path: Path

    def settle(self, identity: Mapping[str, Any]) -> None:
        """Take the folder for a run, or go on with the one that lies there.

        Args:
            identity: what decides the generations, as JSON; a key that starts with `~` may change, and what
                is under `benchmarks` and `passes` is added to what is there.

        Raises:
            UsageError: another run lies there.
            OutputError: it can't be written.
        """
        if (self.path / RUN_FILE).is_file():
            identity = _merged(self.identity(), identity, self.path)
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise UsageError(
                "holds something else than an evaluation", where=self.path, fix="Choose another --out."
            )
        text = json.dumps({"format": FORMAT, **identity}, ensure_ascii=False, indent=1) + "\n"
        _written_whole(self.path / RUN_FILE, lambda part: part.write_text(text, "utf-8"))

    def identity(self) -> dict[str, Any]:
        """Return what decides the run's generations.

        Raises:
            FolderError: there is no run, or another version wrote it.
        """
        path = self.path / RUN_FILE
        try:
            said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FolderError(
                "no evaluation lies here", where=self.path, fix="Give the --out of a `crossthink eval`."
            ) from error
        if said.pop("format", None) != FORMAT:
            raise FolderError(
                f"is not of format {FORMAT}",
                where=path,
                fix="Another version of crossthink-hub wrote it: use that one, or another --out.",
            )
        return said

    # Questions.

    def write_questions(self, benchmark: str, rows: pa.Table) -> None:
        """Write down the rows of a benchmark that are asked."""
        self._write(self.path / "questions" / f"{benchmark}.parquet", rows.cast(QUESTION))

    def questions(self, benchmark: str) -> pa.Table:
        """Return the rows of a benchmark that are asked.

        Raises:
            FolderError: they can't be read.
        """
        return _read(self.path / "questions" / f"{benchmark}.parquet", QUESTION)

    def items(self, benchmark: str) -> Iterator[Item]:
        """Yield the questions of a benchmark one after the other; not all of them are held at once.

        Raises:
            FolderError: they can't be read.
        """
        for batch in self.questions(benchmark).to_batches(max_chunksize=BATCH):
            yield from items(batch.to_pylist())

    def benchmarks(self) -> list[str]:
        """Return the benchmarks that have questions, sorted."""
        return sorted(path.stem for path in (self.path / "questions").glob("*.parquet"))

    # Generations.

    def write_generations(self, generations: Sequence[Generation]) -> None:
        """Write a file of generations of one benchmark and pass, beside those that are there."""
        first = generations[0].key
        folder = self.path / "generations" / first.benchmark
        numbers = [int(found["number"]) for found in self._names(folder) if found["run"] == first.run]
        path = folder / f"{first.run}-{max(numbers, default=-1) + 1:05d}.parquet"
        self._write(path, pa.Table.from_pylist([_row(one) for one in generations], GENERATION))

    def generations(self, benchmark: str) -> Iterator[pa.Table]:
        """Yield the generations of a benchmark, a file at a time, as `GENERATION` has them.

        Raises:
            FolderError: a file can't be read.
        """
        folder = self.path / "generations" / benchmark
        for found in self._names(folder):
            yield _read(folder / found.string, GENERATION)

    def done(self, benchmark: str) -> set[Key]:
        """Return which generations of a benchmark are there."""
        folder = self.path / "generations" / benchmark
        keys: set[Key] = set()
        for found in self._names(folder):
            table = _read(folder / found.string, GENERATION, ["id", "run", "sample"])
            columns = (table[name].to_pylist() for name in table.column_names)
            keys.update(Key(benchmark, *values) for values in zip(*columns, strict=True))
        return keys

    def _names(self, folder: Path) -> list[re.Match[str]]:
        if not folder.is_dir():
            return []
        return [found for path in sorted(folder.iterdir()) if (found := NAME.fullmatch(path.name))]

    # Verdicts.

    def verdict_writer(self, mode: str, benchmark: str) -> "VerdictWriter":
        """Return what writes the verdicts of a benchmark by one mode, a table at a time."""
        return VerdictWriter(self.path / "verdicts" / mode / f"{benchmark}.parquet")

    def verdicts(self, mode: str, benchmark: str) -> pa.Table:
        """Return the verdicts of a benchmark by a mode, as `VERDICT` has them.

        Raises:
            FolderError: they can't be read, or there are none by that mode.
        """
        return _read(self.path / "verdicts" / mode / f"{benchmark}.parquet", VERDICT)

    def _write(self, path: Path, table: pa.Table) -> None:
        _written_whole(path, lambda part: pq.write_table(table, part, compression="zstd"))


class VerdictWriter:
    """Writes verdicts to a file that is there once all are."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._part, VERDICT, compression="zstd")
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self) -> "VerdictWriter":
        return self

    def write(self, table: pa.Table) -> None:
        """Write the next verdicts, as `VERDICT` has them."""
        try:
            self._writer.write_table(table)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            self._writer.close()
            if kind is None:
                self._part.replace(self._path)
            else:
                self._part.unlink()
        except OSError as error:
            raise _unwritable(self._path, error) from error


def generation_of(row: Mapping[str, Any]) -> Generation:
    """Return a row of `GENERATION` as a generation."""
    key = Key(row["benchmark"], row["id"], row["run"], row["sample"])
    return Generation(key, row["response"], row["tokens"], row["prompt_tokens"], Finish(row["finish"]))


def _row(one: Generation) -> dict[str, Any]:
    return {
        **vars(one.key),
        "response": one.response,
        "tokens": one.tokens,
        "prompt_tokens": one.prompt_tokens,
        "finish": str(one.finish),
    }


def _merged(there: Mapping[str, Any], asked: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return what is asked with what is there besides.

    Raises:
        UsageError: they are not of the same run.
    """
    one, other = dict(_flat(there)), dict(_flat(asked))
    shared = {name: there[name].keys() & asked[name].keys() for name in GROWING}
    _check_same(_shared(one, shared), _shared(other, shared), path)
    return {**asked, **{name: {**there[name], **asked[name]} for name in GROWING}}


def _shared(values: Mapping[Place, Any], shared: Mapping[str, Collection[str]]) -> dict[Place, Any]:
    """Return values without those of a benchmark or pass that only one of both has."""
    return {
        key: value
        for key, value in values.items()
        if key[0] not in shared or (len(key) > 1 and key[1] in shared[key[0]])
    }


def _check_same(one: Mapping[Place, Any], other: Mapping[Place, Any], path: Path) -> None:
    differ = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    if differ:
        said = "; ".join(
            f"{'.'.join(key)} is {one.get(key)!r} there, {other.get(key)!r} here" for key in differ[:SHOWN]
        )
        raise UsageError(f"holds another evaluation: {said}", where=path, fix="Choose another --out.")


def _flat(value: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield what may not change, each with the keys that lead to it."""
    for key, inner in value.items():
        if isinstance(inner, Mapping) and not key.startswith("~"):
            yield from _flat(inner, (*above, key))
        elif not key.startswith("~"):
            yield (*above, key), inner


def _read(path: Path, schema: pa.Schema, columns: Iterable[str] | None = None) -> pa.Table:
    try:
        names = list(columns) if columns else None
        table = pq.read_table(path, columns=names or schema.names)
        return table if names else table.cast(schema)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise FolderError(f"can't be read ({error})", where=path) from error


def _written_whole(path: Path, write: Any) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"can't be written ({error.strerror or error})", where=path)
