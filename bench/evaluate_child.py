"""What is measured runs in a process of its own, which notes when what happened.

Moments are of the monotonic clock, which all processes of a machine share.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from build import BENCH, Peak
from rich.console import Console

EVAL = BENCH.parents[1] / "shared" / "data" / "eval"
Said = dict[str, Any]
"""What a child says of itself; `start` and `end` are of its process."""


def run(
    contender: str, task: Mapping[str, Any], scratch: Path, log: str, more: Mapping[str, str] | None = None
) -> Said:
    """Run a contender of `evaluate_contenders.py` to its end, and return what it says.

    Args:
        contender: name of it.
        task: what it is to do, as JSON.
        scratch: folder for its files.
        log: name for them.
        more: environment.
    """
    task_file, said_file, words = (scratch / f"{log}.{end}" for end in ("task", "said", "log"))
    task_file.write_text(json.dumps(task))
    Console(stderr=True).print(f"{log} …", highlight=False)
    os.sync()  # nobody pays for writing what the one before left in memory
    line = [sys.executable, str(BENCH / "evaluate_contenders.py"), contender, str(task_file), str(said_file)]
    with words.open("wb") as out:
        start = monotonic()
        process = subprocess.Popen(line, cwd=scratch, env=_environment(more), stdout=out, stderr=out)
        peak = Peak(process.pid)
        if task.get("watched"):
            peak.start()
        code = process.wait()
        end = monotonic()
    if task.get("watched"):
        peak.stop()
    if code:
        raise SystemExit(f"{log} failed with {code}:\n{words.read_text(errors='replace')[-3000:]}")
    return {**json.loads(said_file.read_text()), "start": start, "end": end, "peak": dict(peak.bytes)}


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(BENCH.parent), os.environ.get("PYTHONPATH")]))
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    return {**os.environ, "PYTHONPATH": path, **quiet, **(more or {})}


def in_turn(names: Sequence[str], rounds: int) -> list[tuple[int, str]]:
    """Return who runs in which order: every round begins with another, so that a slow spell hits all.

    Example:
        >>> in_turn(["a", "b"], 2)
        [(0, 'a'), (0, 'b'), (1, 'b'), (1, 'a')]
    """
    shifts = [(turn, turn % len(names)) for turn in range(rounds)]
    return [(turn, name) for turn, shift in shifts for name in (*names[shift:], *names[:shift])]


def spread(seconds: Sequence[float], digits: int = 2) -> str:
    """Return the median, and the least and most."""
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the ratio of the medians, and the least and most of those of each round."""
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    middle = statistics.median(ours) / statistics.median(theirs)
    return f"{middle:.3f} ({min(each):.3f}-{max(each):.3f})"


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table whose first column is text and the others numbers."""
    lines = [f"| {' | '.join(map(str, line))} |" for line in (head, *rows)]
    return "\n".join([lines[0], f"|---|{'--:|' * (len(head) - 1)}", *lines[1:]])
