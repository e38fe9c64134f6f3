"""Time and peak memory of building at paper scale: ours, the usual pipeline, and pyarrow's floor.

python bench/build.py [--all] [--rows K] [--rounds N] [--only NAME ...] [--json FILE]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import Any

import psutil
import pyarrow.parquet as pq
from generate import PAPER_ROWS, generate
from rich.console import Console
from rich.progress import track
from rich.table import Table

BENCH = Path(__file__).resolve().parent
DATA = BENCH / ".data"
CONTENDERS = {"peer": "(a)", "peer-batched": "(a')", "ours": "(b)", "floor": "(c)"}
ALL_CONFIGS = ("ours", "floor")
INTERVAL_S = 0.25
MIB = 1 << 20

Run = dict[str, Any]


def data(rows: int) -> Path:
    """Return the folder with the made-up sources, made once; it gets its name when it is complete."""
    folder = DATA / str(rows)
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        total = sum(PAPER_ROWS.values())
        generate(part, {name: max(1, round(rows * size / total)) for name, size in PAPER_ROWS.items()})
        part.rename(folder)
    return folder


def command(name: str, sources: Path, built: Path, out: Path, rows: int, what: str) -> list[str]:
    """Return the command line of a contender; `built` is the output that the floor writes again."""
    python = sys.executable
    if name == "ours":
        build = ["build", what, "--sources", str(sources), "--out", str(out), "--seed", "0"]
        return [python, "-m", "crossthink_hub", *build]
    if name == "floor":
        return [python, str(BENCH / "floor.py"), str(sources), str(built), str(out)]
    flags = ["--batched"] if name == "peer-batched" else []
    return [
        python,
        str(BENCH / "peer.py"),
        str(sources),
        str(out),
        "--rows",
        str(rows),
        "--seed",
        "0",
        *flags,
    ]


class Peak(Thread):
    """Samples the memory of a process and its descendants, and keeps the highest sums in `bytes`.

    Resident memory (rss) counts a shared page once per process and private memory (uss) never does;
    the proportional share (pss, Linux only) counts it once in all, so it is the one to compare.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.bytes: Counter[str] = Counter()
        self._pid = pid
        self._ended = Event()

    def run(self) -> None:
        """Sample until `stop`."""
        while not self._ended.wait(INTERVAL_S):
            self.bytes |= self._sample()

    def stop(self) -> None:
        """End the sampling."""
        self._ended.set()
        self.join()

    def _sample(self) -> Counter[str]:
        found: Counter[str] = Counter()
        with suppress(psutil.Error):  # it ended meanwhile
            root = psutil.Process(self._pid)
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.Error):
                    memory = process.memory_full_info()._asdict()
                    found.update({kind: memory[kind] for kind in ("rss", "uss", "pss") if kind in memory})
        return found


def run(name: str, line: Sequence[str], scratch: Path, watched: bool) -> Run:
    """Run a contender to its end and return its seconds, and its peak bytes if it is watched.

    Watching slows what it watches, so such a run is not timed. The floor reports its own seconds.
    """
    path = os.pathsep.join(filter(None, [str(BENCH.parent), os.environ.get("PYTHONPATH")]))
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    os.sync()  # nobody pays for writing what the one before left in memory
    start = perf_counter()
    process = subprocess.Popen(
        line,
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": path, **quiet},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = Peak(process.pid)
    if watched:
        peak.start()
    said, errors = process.communicate()
    seconds = perf_counter() - start
    if watched:
        peak.stop()
    if process.returncode:
        raise SystemExit(f"{name} failed with {process.returncode}:\n{errors[-3000:]}")
    if name == "floor":
        seconds = json.loads(said)["total_s"]
    return {"peak_bytes": dict(peak.bytes)} if watched else {"seconds": seconds}


def rows_in(out: Path) -> int:
    """Return the number of rows in the shards of an output."""
    return sum(pq.read_metadata(path).num_rows for path in out.glob("data/*/*.parquet"))


def compete(names: Sequence[str], rows: int, rounds: int, what: str) -> dict[str, list[Run]]:
    """Run the contenders in turn, round by round, so that a slow spell of the machine hits all.

    A round before the others is for memory.
    """
    runs: dict[str, list[Run]] = {name: [] for name in names}
    sources = data(rows)
    with TemporaryDirectory(dir=DATA) as folder:
        scratch = built = Path(folder)
        turns = [(name, turn == 0) for turn in range(rounds + 1) for name in names]
        for name, watched in track(turns, console=Console(stderr=True)):
            out = scratch / name
            shutil.rmtree(out, ignore_errors=True)
            done = run(name, command(name, sources, built, out, rows, what), scratch, watched)
            runs[name].append({**done, "rows_out": rows_in(out)})
            built = out
    return runs


def summary(runs: Mapping[str, Sequence[Run]], rows: int) -> dict[str, Run]:
    """Return the numbers of the table, by contender."""
    timed = {name: [run["seconds"] for run in done if "seconds" in run] for name, done in runs.items()}
    medians = {name: statistics.median(seconds) for name, seconds in timed.items()}
    kind = memory_kind(runs)
    return {
        name: {
            "rows_in": rows,
            "rows_out": done[-1]["rows_out"],
            "median_s": medians[name],
            "min_s": min(timed[name]),
            "max_s": max(timed[name]),
            "rows_per_s": done[-1]["rows_out"] / medians[name],
            "peak_mib": done[0]["peak_bytes"].get(kind, 0) / MIB,
            "ratio_to_peer": medians[name] / medians["peer"] if "peer" in medians else None,
            "ratio_to_floor": medians[name] / medians["floor"] if "floor" in medians else None,
        }
        for name, done in runs.items()
    }


def memory_kind(runs: Mapping[str, Sequence[Run]]) -> str:
    """Return the measure of memory to compare by: pss where the system has it."""
    return "pss" if any("pss" in done[0]["peak_bytes"] for done in runs.values()) else "rss"


def table(results: Mapping[str, Run], title: str, kind: str) -> Table:
    """Return the table for people."""
    made = Table(title=title, caption=f"peak: {kind} summed over the process tree, in a round of its own")
    made.add_column("contender")
    for column in ("rows in", "rows out", "median s (min-max)", "rows/s", "peak MiB", "to (a)", "to (c)"):
        made.add_column(column, justify="right")
    for name, result in results.items():
        ratios = (result["ratio_to_peer"], result["ratio_to_floor"])
        made.add_row(
            f"{CONTENDERS[name]} {name}",
            f"{result['rows_in']:,}",
            f"{result['rows_out']:,}",
            f"{result['median_s']:.2f} ({result['min_s']:.2f}-{result['max_s']:.2f})",
            f"{result['rows_per_s']:,.0f}",
            f"{result['peak_mib']:,.0f}",
            *("" if ratio is None else f"{ratio:.3f}" for ratio in ratios),
        )
    return made


def main() -> None:
    """Make the data, let the contenders run, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every config, by ours and the floor")
    parser.add_argument("--rows", type=int, default=sum(PAPER_ROWS.values()))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--json", type=Path, help="keep the numbers in this file")
    args = parser.parse_args()
    names = [name for name in CONTENDERS if name in (ALL_CONFIGS if args.all else args.only)]
    runs = compete(names, args.rows, args.rounds, "--all" if args.all else "gpr_up")
    results = summary(runs, args.rows)
    title = f"{'every config' if args.all else 'gpr_up'}; rounds: {args.rounds}, cores: {os.cpu_count()}"
    Console(width=110).print(table(results, title, memory_kind(runs)))
    if args.json:
        args.json.write_text(json.dumps({"title": title, "results": results, "runs": runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
