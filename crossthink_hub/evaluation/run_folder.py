"""A run on disk: what it is, its questions, every generation and verdict, and the results.

    runs/x/
      run.json                                   what decides the generations
      questions/BENCHMARK.parquet                the rows that are asked
      generations/BENCHMARK/PASS-00000.parquet   answers, in files written as they were done
      verdicts/MODE/BENCHMARK/…                  a verdict for each, in files of the same names
      results.json                               what it comes to

Every file is written at once and whole, so that a kill at any time leaves a run that goes on.
"""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub.errors import FolderError, UsageError
from crossthink_hub.evaluation.generation import Finish, Generation, Key
from crossthink_hub.evaluation.item import SCHEMA as QUESTION
from crossthink_hub.evaluation.item import Item, items
from crossthink_hub.whole import unwritable, write_whole

RUN_FILE = "run.json"
FORMAT = 1
GROWING = ("benchmarks", "passes")
SHOWN = 3
BATCH = 1_000
ROWS = 5_000
"""Rows in a part of a file that is read at once."""
GRADED = (
    *("id", "task", "subcategory", "language", "solution"),
    *("meta_data.question_type", "meta_data.options"),
)
"""Columns of a question that grading and summing need."""
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
            identity: what decides the answers, as JSON; a key that starts with `~` may change.

        Raises:
            UsageError: another run lies there.
            OutputError: it can't be written.
        """
        fresh: dict[str, Any] = {key: {} for key in GROWING}
        if self._has_answers():
            there = self.identity()
            _check_same({key: there[key] for key in there if key not in GROWING}, identity, self.path)
            fresh = there
        elif not (self.path / RUN_FILE).is_file() and self.path.is_dir() and any(self.path.iterdir()):
            raise UsageError(
                "holds something else than an evaluation", where=self.path, fix="Choose another --out."
            )
        self._note({**fresh, **identity})

    def add(self, kind: str, name: str, facts: Mapping[str, Any]) -> None:
        """Add a benchmark (`benchmarks`) or a pass (`passes`) to what decides the answers.

        Raises:
            UsageError: it is there, and another one.
            OutputError: it can't be written.
        """
        said = self.identity()
        if name in said[kind] and self._has_answers():
            _check_same({name: said[kind][name]}, {name: facts}, self.path)
        self._note({**said, kind: {**said[kind], name: dict(facts)}})

    def note(self, **facts: Any) -> None:
        """Write down what may change: `skipped` stands as `~skipped`."""
        self._note({**self.identity(), **{f"~{name}": value for name, value in facts.items()}})

    def _note(self, said: Mapping[str, Any]) -> None:
        text = json.dumps({"format": FORMAT, **said}, ensure_ascii=False, indent=1) + "\n"
        write_whole(self.path / RUN_FILE, lambda part: part.write_text(text, "utf-8"))

    def _has_answers(self) -> bool:
        return any(self.path.glob("generations/*/*.parquet"))

    def identity(self) -> dict[str, Any]:
        """Return what decides the run's generations.

        Raises:
            FolderError: there is no run, or another version wrote it.
        """
        path = self.path / RUN_FILE
        try:
            said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise FolderError(f"is damaged ({error})", where=path, fix="Choose another --out.") from error
        except OSError as error:
            raise FolderError(
                "no evaluation lies here", where=self.path, fix="Give the --out of a `crossthink eval`."
            ) from error
        if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
            raise FolderError(
                f"is not of format {FORMAT}",
                where=path,
                fix="Another version of crossthink-hub wrote it: use that one, or another --out.",
            )
        return said

    # Questions.

    def write_questions(self, benchmark: str, rows: pa.Table) -> None:
        """Write down the rows of a benchmark that are asked."""
        self._write(self._asked(benchmark), rows.cast(QUESTION))

    def questions(self, benchmark: str) -> pa.Table:
        """Return the rows of a benchmark that are asked.

        Raises:
            FolderError: they can't be read.
        """
        return _read(self._asked(benchmark), QUESTION)

    def facts(self, benchmark: str) -> Iterator[dict[str, Any]]:
        """Yield what grading and summing need of each question: all but its prompt and its text.

        Raises:
            FolderError: they can't be read.
        """
        yield from _each(self._asked(benchmark), GRADED)

    def items(self, benchmark: str) -> Iterator[Item]:
        """Yield the questions of a benchmark one after the other; not all of them are held at once.

        Raises:
            FolderError: they can't be read.
        """
        yield from items(_each(self._asked(benchmark)))

    def _asked(self, benchmark: str) -> Path:
        return self.path / "questions" / f"{benchmark}.parquet"

    def benchmarks(self) -> list[str]:
        """Return the benchmarks that are asked."""
        known = self.identity()["benchmarks"]
        return [name for name in known if self._asked(name).is_file()]

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
        for file in self.files(benchmark):
            yield self.generations_in(benchmark, file)

    def files(self, benchmark: str) -> list[str]:
        """Return the names of the files that hold a benchmark's generations."""
        return [found.string for found in self._names(self.path / "generations" / benchmark)]

    def sizes(self, benchmark: str) -> dict[str, int]:
        """Return how many generations each of these files holds.

        Raises:
            FolderError: one can't be read.
        """
        folder = self.path / "generations" / benchmark
        return {file: _rows(folder / file) for file in self.files(benchmark)}

    def generations_in(self, benchmark: str, file: str) -> pa.Table:
        """Return the generations in one of these files, as `GENERATION` has them.

        Raises:
            FolderError: it can't be read.
        """
        return _read(self.path / "generations" / benchmark / file, GENERATION)

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

    def write_verdicts(self, mode: str, benchmark: str, file: str, verdicts: pa.Table) -> None:
        """Write the verdicts by one mode on a file of generations, with `VERDICT`."""
        self._write(self.path / "verdicts" / mode / benchmark / file, verdicts)

    def verdicts(self, mode: str, benchmark: str, columns: Sequence[str] = VERDICT.names) -> pa.Table:
        """Return the verdicts of a benchmark by a mode, with columns of `VERDICT`.

        Raises:
            FolderError: they can't be read, or there are none by that mode.
        """
        folder = self.path / "verdicts" / mode / benchmark
        names = [found.string for found in self._names(folder)]
        if not names:
            fix = f"Grade its answers: crossthink eval --regrade {self.path}"
            raise FolderError(f"has no verdicts on {benchmark} by {mode}", where=self.path, fix=fix)
        return pa.concat_tables(_read(folder / name, VERDICT, columns) for name in names)

    def forget_verdicts(self) -> None:
        """Remove all verdicts.

        Raises:
            OutputError: they can't be.
        """
        try:
            if (self.path / "verdicts").exists():
                shutil.rmtree(self.path / "verdicts")
        except OSError as error:
            raise unwritable(self.path / "verdicts", error) from error

    def _write(self, path: Path, table: pa.Table) -> None:
        how = {"compression": "zstd", "row_group_size": ROWS}
        write_whole(path, lambda part: pq.write_table(table, part, **how))


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


def _check_same(there: Mapping[str, Any], asked: Mapping[str, Any], path: Path) -> None:
    """Check that what may not change is the same.

    Raises:
        UsageError: it is not.
    """
    one, other = dict(_flat(there)), dict(_flat(json.loads(json.dumps(asked))))
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


def _each(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; not all of them are held at once."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=columns):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise FolderError(f"can't be read ({error})", where=path) from error


def _rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise FolderError(f"can't be read ({error})", where=path) from error
