"""Time of loading a built config, against the same rows as plain Parquet files, each into an empty cache.

python bench/load.py [--rows K] [--rounds N]
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from build import DATA, data
from generate import PAPER_ROWS
from rich.console import Console
from rich.table import Table

LOAD = """
import sys, time
import datasets
start = time.perf_counter()
rows = eval(sys.argv[1]).num_rows
print(time.perf_counter() - start, rows)
"""
WAYS = {
    "plain Parquet": 'datasets.load_dataset("parquet", data_files=FILES, split="train")',
    "built folder": 'datasets.load_dataset("./crossthink", "gpr_up", split="train")',
    "by name": '__import__("crossthink_hub").load("gpr_up", split="train")',
}


def load(way: str, folder: Path) -> tuple[float, int]:
    """Load in a process of its own with an empty cache; return the seconds and the rows."""
    files = sorted(map(str, (folder / "crossthink" / "data" / "gpr_up").glob("train-*.parquet")))
    with TemporaryDirectory(dir=DATA) as cache:
        env = {
            **os.environ,
            "HF_HOME": cache,
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        }
        line = [sys.executable, "-c", LOAD, WAYS[way].replace("FILES", repr(files))]
        said = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout
    seconds, rows = said.split()[-2:]
    return float(seconds), int(rows)


def main() -> None:
    """Load in each way in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=sum(PAPER_ROWS.values()))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with TemporaryDirectory(dir=DATA) as scratch:
        folder = Path(scratch)
        build = [sys.executable, "-m", "crossthink_hub", "build", "gpr_up", "--sources", str(data(args.rows))]
        subprocess.run([*build, "--out", str(folder / "crossthink")], check=True, stdout=subprocess.DEVNULL)
        runs = {way: [] for way in WAYS}
        for _ in range(args.rounds):
            for way, done in runs.items():
                done.append(load(way, folder))
    made = Table("way", "rows", "median s (min-max)", "to plain Parquet")
    plain = statistics.median(seconds for seconds, _ in runs["plain Parquet"])
    for way, done in runs.items():
        seconds = [one for one, _ in done]
        median = statistics.median(seconds)
        span = f"{median:.2f} ({min(seconds):.2f}-{max(seconds):.2f})"
        made.add_row(way, f"{done[0][1]:,}", span, f"{median / plain:.2f}")
    Console(width=100).print(made)


if __name__ == "__main__":
    main()
