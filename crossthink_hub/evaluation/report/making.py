"""How each run was made, and how many questions and answers its scores are of."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossthink_hub.evaluation.report.blocks import Cell, Table, Tone
from crossthink_hub.evaluation.report.cells import TITLES, nothing
from crossthink_hub.evaluation.report.remarks import KINDS
from crossthink_hub.evaluation.results import BenchmarkResult, PassResult, Results

COUNTED = {
    "truncated": "cut off",
    "prompt_too_long": "too long",
    "missing": "missing",
    "filtered": "withheld",
}


def making_table(runs: Sequence[Results]) -> Table:
    """Return a table of everything that decided the runs' answers: a row a fact, a column a run."""
    said = [dict(_facts(run)) for run in runs]
    names = dict.fromkeys(name for facts in said for name in facts)
    rows = tuple(
        (Cell(name), *(Cell(facts[name]) if facts.get(name) else nothing() for facts in said))
        for name in names
    )
    return Table("making", "Settings", ("", *(run.name for run in runs)), rows)


def counts_table(runs: Sequence[Results]) -> Table | None:
    """Return a table of what was asked, and what came of it: a row for each run, benchmark and pass.

    None if no run has answers.
    """
    columns = ("run", "benchmark", "pass", "asked", "answers", *COUNTED.values(), "commit", "rows", "prompts")
    rows = [
        (Cell(run.name), Cell(result.title), Cell(f"{name}, {found.samples} each"), *_counts(result, found))
        for run in runs
        for result in run.benchmarks.values()
        for name, found in result.passes.items()
    ]
    notes = tuple(_notes(runs))
    return Table("counts", "Questions and answers", columns, tuple(rows), notes) if rows else None


def _counts(result: BenchmarkResult, found: PassResult) -> Iterator[Cell]:
    whole = result.asked == result.published
    of = "" if whole else f"of {result.published:,}"
    yield Cell(f"{result.asked:,}", of)
    yield Cell(f"{found.answers:,}")
    for kind in COUNTED:
        count: int = getattr(found, kind)
        yield Cell(f"{count:,}", tone=Tone.PLAIN if count else Tone.MUTED)
    for digest in (result.revision, result.row_digest, result.prompt_digest):
        yield Cell(digest[:8], why=digest) if digest else nothing("not known")


def _notes(runs: Sequence[Results]) -> Iterator[str]:
    for kind, name in COUNTED.items():
        yield f"{name}: {KINDS[kind]}."
    said: dict[str, list[str]] = {}
    for run in runs:
        for name, result in run.benchmarks.items():
            for note in result.notes:
                said.setdefault(f"{TITLES[name]}: {note}", []).append(run.name)
        for name, reason in run.skipped.items():
            said.setdefault(f"{TITLES.get(name, name)}: skipped, {reason}", []).append(run.name)
    for note, of in said.items():
        yield note if len(of) == len(runs) else f"{note} ({', '.join(of)})"


def _facts(run: Results) -> Iterator[tuple[str, str]]:
    """Yield what decided the answers of a run, each thing with its name."""
    model = run.model
    yield "model", model.name + (f" at {model.revision[:8]}" if model.revision else "")
    yield "base model", model.base or ""
    yield "trained on", model.config or ""
    yield "training data", model.data_version or ""
    yield "ground truth of multiple choice", "letter" if model.answer == "short" else "letter and text"
    yield "answers compared by", run.mode
    yield "benchmarks from", run.sources
    yield "seed", str(run.seed)
    for heading, mapping in (("engine", run.engine), ("prompt", run.profile), *_samplings(run)):
        yield from _flat(heading, mapping)
    yield "code", (run.git or "")[:12]
    yield from _flat("version", run.versions)


def _samplings(run: Results) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield how each pass was sampled; it is the same for all benchmarks."""
    passes = {name: found for one in run.benchmarks.values() for name, found in one.passes.items()}
    for name, found in passes.items():
        yield f"sampling, {name}", found.sampling


def _flat(heading: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(f"{heading}: {name}", inner)
        elif inner is not None:
            yield f"{heading}: {name}", inner if isinstance(inner, str) else json.dumps(inner)
