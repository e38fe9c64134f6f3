"""Seconds of grading stored answers: `grade_run`, three modes, verdicts and results written."""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evaluate_answers import Stored, store
from evaluate_child import EVAL, Said, markdown, run, spread

from crossthink_hub.evaluation.benchmarks import BENCHMARKS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--rows", type=int, default=100_000, help="answers")
    parser.add_argument("--benchmarks", nargs="+", choices=names, default=names, help="all that are there")
    parser.add_argument("--sources", type=Path, default=EVAL, help="folder of benchmarks")
    parser.add_argument("--rounds", type=int, default=3)


def table(runs: Sequence[Said]) -> str:
    """Return where the seconds go."""
    whole = statistics.median(one["seconds"] for one in runs)
    rows = [
        [part, spread(each, 3), f"{statistics.median(each) / whole:.1%}"]
        for part in runs[0]["parts"]
        if (each := [one["parts"][part] for one in runs])
    ]
    rows.sort(key=lambda row: -float(row[1].split()[0]))
    total = spread([one["seconds"] for one in runs], 3)
    return markdown(("part", "s", "share"), [["**`grade_run`**", f"**{total}**", ""], *rows])


def described(stored: Stored) -> str:
    """Return what was graded, in words."""
    count = sum(stored.answers.values())
    parts = ", ".join(f"{name} {answers:,}" for name, answers in stored.answers.items())
    return (
        f"{count:,} answers of {stored.characters / count:,.0f} characters on average ({parts}), "
        f"{stored.open / count:.1%} to open questions."
    )


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the numbers."""
    with TemporaryDirectory() as name:
        scratch = Path(name)
        stored = store(scratch / "run", args.sources, args.rows, args.benchmarks)
        task = {"run": str(stored.path)}
        runs = [run("grade", task, scratch, f"grade-{turn}") for turn in range(args.rounds)]
    right = ", ".join(f"{mode} {share:.3f}" for mode, share in runs[-1]["right"].items())
    print(described(stored), f"Found right: {right}.\n")
    print(table(runs))
    return {"answers": stored.answers, "open": stored.open, "characters": stored.characters, "runs": runs}
