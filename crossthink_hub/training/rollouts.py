"""The rollout archive: every completion of a run by row id with its verdict, as Parquet.

One file for each step and process, so that a step which is done again after a kill replaces its own.
`datasets.load_dataset("parquet", data_files="runs/NAME/rollouts/*.parquet")` reads them all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crossthink_hub.errors import FolderError
from crossthink_hub.grading.verdict import Verdict
from crossthink_hub.whole import write_whole

FOLDER = "rollouts"
NAME = re.compile(r"step-(\d+)-rank-\d+\.parquet")
SCHEMA = pa.schema(
    [
        ("step", pa.int32()),
        ("row_id", pa.string()),
        ("source", pa.string()),
        ("completion", pa.string()),
        ("tokens", pa.int32()),
        ("truncated", pa.bool_()),
        ("solution", pa.string()),
        ("reward", pa.float32()),
        ("correct", pa.bool_()),
        ("formatted", pa.bool_()),
        ("answer", pa.string()),
        ("status", pa.string()),
        ("why", pa.string()),
    ]
)
"""A completion and its verdict; `reward` and `correct` are null where the ground truth can't be graded."""


@dataclass(frozen=True)
class Rollout:
    """One completion with its verdict.

    Attributes:
        row_id: of the prompt.
        source: where the prompt is from.
        completion: what the model wrote; None if it wrote nothing.
        tokens: of it.
        truncated: whether it was cut off at the most tokens it may have.
        solution: the ground truth.
        reward: what the trainer got.
        verdict: of the grader.
    """

    row_id: str
    source: str
    completion: str | None
    tokens: int
    truncated: bool
    solution: str | None
    reward: float | None
    verdict: Verdict

    def as_row(self, step: int) -> dict[str, object]:
        """Return it as `SCHEMA` has it."""
        verdict = self.verdict
        return {
            "step": step,
            "row_id": self.row_id,
            "source": self.source,
            "completion": self.completion,
            "tokens": self.tokens,
            "truncated": self.truncated,
            "solution": self.solution,
            "reward": self.reward,
            "correct": verdict.correct,
            "formatted": verdict.formatted,
            "answer": verdict.answer,
            "status": str(verdict.status),
            "why": verdict.why,
        }


@dataclass(frozen=True)
class Archive:
    """The archive of a run, as one process writes it.

    Attributes:
        run: the folder of the run.
        rank: of the process.
    """

    run: Path
    rank: int = 0

    def write(self, step: int, rollouts: Iterable[Rollout]) -> None:
        """Write what a step generated, at once and whole.

        Raises:
            OutputError: it can't be written.
        """
        path = self.run / FOLDER / f"step-{step:06d}-rank-{self.rank:03d}.parquet"
        table = pa.Table.from_pylist([one.as_row(step) for one in rollouts], SCHEMA)
        write_whole(path, lambda part: pq.write_table(table, part, compression="zstd"))


def drop_after(run: Path, step: int) -> int:
    """Remove the rollouts of later steps, which are done again, and return how many files those were."""
    later = [path for path in _files(run) if _step(path) > step]
    for path in later:
        path.unlink()
    return len(later)


def read_rollouts(run: Path) -> pa.Table:
    """Return all rollouts of a run, as `SCHEMA` has them, in the order of steps.

    Raises:
        FolderError: there are none, or a file can't be read.
    """
    files = _files(run)
    if not files:
        raise FolderError("holds no rollouts", where=run, fix="Give the folder of a run: runs/NAME.")
    try:
        return pa.concat_tables(pq.read_table(path, schema=SCHEMA) for path in files)
    except (OSError, pa.ArrowInvalid) as error:
        raise FolderError(f"can't be read ({error})", where=run / FOLDER) from error


def pass_rates(run: Path) -> pa.Table:
    """Return how often each prompt of a run was answered rightly: a column of rates for any blend's filter.

    Returns:
        Columns row_id, source, rollouts, rewarded, pass_rate; a prompt whose rate is 0 or 1 taught nothing.

    Raises:
        FolderError: there are no rollouts.
    """
    graded = read_rollouts(run)
    graded = graded.filter(pc.is_valid(graded["reward"]))
    sums = graded.group_by(["row_id", "source"], use_threads=False).aggregate(
        [("reward", "count"), ("reward", "sum")]
    )
    rate = pc.divide(sums["reward_sum"], pc.cast(sums["reward_count"], pa.float64()))
    return pa.table(
        {
            "row_id": sums["row_id"],
            "source": sums["source"],
            "rollouts": sums["reward_count"],
            "rewarded": pc.cast(sums["reward_sum"], pa.int64()),
            "pass_rate": rate,
        }
    )


def _files(run: Path) -> list[Path]:
    folder = run / FOLDER
    return sorted(_named(folder.iterdir())) if folder.is_dir() else []


def _named(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if NAME.fullmatch(path.name))


def _step(path: Path) -> int:
    found = NAME.fullmatch(path.name)
    assert found, "_files yields no others"
    return int(found[1])
