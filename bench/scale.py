"""Time and peak memory of one blend at paper scale and at ten times the rows.

python bench/scale.py [--rows K] [--times N] [--rounds N]
"""

import argparse
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from build import BENCH, DATA, MIB, Run, data, rows_in, run
from generate import PAPER_ROWS
from rich.console import Console
from rich.table import Table


def build(rows: int, scratch: Path, watched: bool) -> Run:
    """Build the blend from so many rows, and return what it took."""
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    line = [sys.executable, "-m", "crossthink_hub", "build", "--blend", str(BENCH / "gpr_up_whole.yaml")]
    line += ["--sources", str(data(rows)), "--out", str(out)]
    return {**run("ours", line, scratch, watched), "rows_out": rows_in(out)}


def table(sizes: Sequence[int], runs: Sequence[Sequence[Run]]) -> Table:
    """Return the numbers of both sizes, and their ratios."""
    made = Table("rows in", "rows out", "median s (min-max)", "peak MiB", title="gpr_up_whole")
    medians, peaks = [], []
    for rows, done in zip(sizes, runs, strict=True):
        seconds = [one["seconds"] for one in done if "seconds" in one]
        medians.append(statistics.median(seconds))
        peaks.append(done[0]["peak_bytes"]["pss"] / MIB)
        span = f"{medians[-1]:.2f} ({min(seconds):.2f}-{max(seconds):.2f})"
        made.add_row(f"{rows:,}", f"{done[0]['rows_out']:,}", span, f"{peaks[-1]:,.0f}")
    made.add_row("ratio", "", f"{medians[1] / medians[0]:.2f}", f"{peaks[1] / peaks[0]:.2f}")
    return made


def main() -> None:
    """Build at both sizes in turn; the first round is for memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=sum(PAPER_ROWS.values()))
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    sizes = (args.rows, args.rows * args.times)
    runs: list[list[Run]] = [[], []]
    with TemporaryDirectory(dir=DATA) as scratch:
        for turn in range(args.rounds + 1):
            for rows, done in zip(sizes, runs, strict=True):
                done.append(build(rows, Path(scratch), watched=turn == 0))
    Console(width=100).print(table(sizes, runs))


if __name__ == "__main__":
    main()
