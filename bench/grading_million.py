"""A million responses through `crossthink grade - --json`: time, and memory over time."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from threading import Event, Thread
from time import perf_counter
from typing import IO, Any

import orjson
import psutil
from build import BENCH, MIB
from grading_mix import Item, items

INTERVAL_S = 0.5
PARTS = 5
Sample = tuple[int, int, int]
"""Lines handed over so far, and bytes: proportional (pss) and resident (rss), summed over the processes."""


class Feeder(Thread):
    """Writes responses to a program that reads them."""

    def __init__(self, pipe: IO[bytes], rows: int) -> None:
        super().__init__(daemon=True)
        self.pipe, self.rows, self.done = pipe, rows, 0

    def run(self) -> None:
        """Write all lines, then close."""
        with suppress(BrokenPipeError), self.pipe:  # who reads has ended, and says why
            for item in islice(items(seed=0), self.rows):
                self.pipe.write(line(item))
                self.done += 1


def line(item: Item) -> bytes:
    """Return an item as a line of the input."""
    row = {
        "response": item.response,
        "ground_truth": item.question.gold,
        "options": item.question.options or None,
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


class Watch(Thread):
    """Samples the memory of a process and its descendants until `stop`."""

    def __init__(self, pid: int, feeder: Feeder) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.pid, self.feeder, self.ended = pid, feeder, Event()

    def run(self) -> None:
        """Sample at equal intervals."""
        while not self.ended.wait(INTERVAL_S):
            try:
                root = psutil.Process(self.pid)
                found = [one.memory_full_info() for one in (root, *root.children(recursive=True))]
            except psutil.Error:  # one ended meanwhile
                continue
            pss = sum(getattr(one, "pss", one.uss) for one in found)
            self.samples.append((self.feeder.done, pss, sum(one.rss for one in found)))

    def stop(self) -> None:
        """End the sampling."""
        self.ended.set()
        self.join()


def run(rows: int) -> dict[str, Any]:
    """Grade so many responses, and return what it took and what was found."""
    command = [sys.executable, "-m", "crossthink_hub", "grade", "-", "--json"]
    start = perf_counter()
    process = subprocess.Popen(command, cwd=BENCH.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    feeder = Feeder(process.stdin, rows)
    watch = Watch(process.pid, feeder)
    feeder.start()
    watch.start()
    summary = process.stdout.read()
    code = process.wait()
    seconds = perf_counter() - start
    watch.stop()
    if code:
        raise SystemExit(f"crossthink grade failed with {code}")
    return {"rows": rows, "seconds": seconds, "samples": watch.samples, "summary": json.loads(summary)}


def generating(rows: int) -> float:
    """Return the seconds that making the lines takes by itself."""
    start = perf_counter()
    for item in islice(items(seed=0), rows):
        line(item)
    return perf_counter() - start


def table(runs: Sequence[dict[str, Any]]) -> str:
    """Return the runs in Markdown: peaks, and the highest memory in each part of the way."""
    parts = " | ".join(f"{100 * (part + 1) // PARTS} %" for part in range(PARTS))
    lines = [f"| rows | s | rows/s | peak RSS MiB | peak PSS MiB | PSS MiB to {parts} |"]
    lines.append("|--:|--:|--:|--:|--:|" + "--:|" * PARTS)
    for it in runs:
        head = f"| {it['rows']:,} | {it['seconds']:.1f} | {it['rows'] / it['seconds']:,.0f}"
        rss, pss = (max((sample[at] for sample in it["samples"]), default=0) / MIB for at in (2, 1))
        over_time = " | ".join(_part(it, part) for part in range(PARTS))
        lines.append(f"{head} | {rss:,.0f} | {pss:,.0f} | {over_time} |")
    return "\n".join(lines)


def _part(it: dict[str, Any], part: int) -> str:
    """Return the highest memory in a part of a run."""
    low, high = (it["rows"] * at / PARTS for at in (part, part + 1))
    found = [pss for done, pss, _ in it["samples"] if low < done <= high]
    return f"{max(found) / MIB:,.0f}" if found else "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 1_000_000])


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the numbers."""
    next(items(seed=0))  # so that reading the real rows is not timed
    few = min(10_000, *args.rows)
    print(f"Making the lines alone: {few / generating(few):,.0f} rows/s; it shares the cores with grading.\n")
    runs = []
    for rows in args.rows:
        runs.append(run(rows))
        print(json.dumps({"rows": rows, **runs[-1]["summary"]}), file=sys.stderr)
    print(table(runs))
    return {"runs": runs}
