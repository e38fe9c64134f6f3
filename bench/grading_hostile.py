"""Seconds that hostile answers take us, each against several ground truths and itself."""

import argparse
import importlib.util
import os
import sys
from collections import Counter
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

from crossthink_hub.grading import grade, grade_many

HOSTILE = Path(__file__).resolve().parent.parent / "tests" / "grading" / "hostile.py"
GOLDS = {
    "42": "42",
    "list": "1, 2, 3",
    "matrix": r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    "interval": "x^2 < 4",
    "option": "(A) 42",
}
HUNG_S = 60.0

Row = dict[str, Any]


def answers() -> list[tuple[str, str]]:
    """Return the hostile answers of the tests."""
    spec = importlib.util.spec_from_file_location("hostile", HOSTILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[tuple[str, str]] = module.HOSTILE
    return found


def response(answer: str) -> str:
    """Return a response with such an answer."""
    return f"<think>a</think>\\boxed{{{answer}}}"


def one(name: str, answer: str, gold_name: str, gold: str) -> Row:
    """Return the time and the verdict of one answer against one ground truth."""
    start = perf_counter()
    verdict = grade(response(answer), gold)
    seconds = perf_counter() - start
    shown = {"correct": verdict.correct, "status": str(verdict.status), "why": verdict.why}
    return {"name": name, "gold": gold_name, "seconds": seconds, **shown}


def guarded(name: str, answer: str, gold_name: str, gold: str) -> Row:
    """Grade in a thread, as a trainer may; end everything if it does not come back."""
    rows: list[Row] = []
    thread = Thread(target=lambda: rows.append(one(name, answer, gold_name, gold)), daemon=True)
    thread.start()
    thread.join(HUNG_S)
    if thread.is_alive():
        print(f"{name} against {gold_name}: no verdict after {HUNG_S:.0f} s")
        sys.stdout.flush()
        os._exit(1)
    return (
        rows[0]
        if rows
        else {"name": name, "gold": gold_name, "seconds": 0.0, "status": "RAISED", "correct": None}
    )


def all_at_once(found: list[tuple[str, str]]) -> float:
    """Return the seconds that all answers take as one batch against 42."""
    start = perf_counter()
    grade_many([response(answer) for _, answer in found], ["42"] * len(found))
    return perf_counter() - start


def table(rows: list[Row]) -> str:
    """Return rows in Markdown."""
    lines = ["| answer | ground truth | s | status | why |", "|---|---|--:|---|---|"]
    for row in rows:
        head = f"| {row['name']} | {row['gold']} | {row['seconds']:.3f}"
        lines.append(f"{head} | {row['status']} | {row.get('why', '')[:60]} |")
    return "\n".join(lines)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--slowest", type=int, default=10, help="how many to print")


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the slowest, those that are rewarded, and how often each status occurs; return the numbers."""
    one("warm-up", "(-2, 2)", "interval", "x^2 < 4")
    found = answers()
    rows = [
        guarded(name, answer, gold_name, gold)
        for name, answer in found
        for gold_name, gold in [*GOLDS.items(), ("itself", answer)]
    ]
    slowest = sorted(rows, key=lambda row: -row["seconds"])[: args.slowest]
    total = sum(row["seconds"] for row in rows)
    print(f"{len(found)} answers, {len(rows)} verdicts in {total:.1f} s; slowest:\n")
    print(f"{table(slowest)}\n")
    bad = [row for row in rows if row["status"] == "RAISED" or (row["correct"] and row["gold"] != "itself")]
    print(f"raised, or rewarded for another ground truth: {len(bad)}")
    if bad:
        print(table(bad))
    statuses = Counter(row["status"] for row in rows)
    print("status: " + ", ".join(f"{status} {count}" for status, count in statuses.most_common()))
    batch = all_at_once(found)
    print(f"all {len(found)} as one batch against 42: {batch:.1f} s")
    return {"rows": rows, "batch_s": batch}
