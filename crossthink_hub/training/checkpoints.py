"""Where a run stands on disk, and from which checkpoint it goes on.

A checkpoint is whole once `crossthink.json` lies in it, which is written last: what the run came from, and
how large each file is. One that a kill left half-written is passed over for the one before it.
"""

import json
import re
import shutil
from pathlib import Path

from crossthink_hub.errors import UsageError
from crossthink_hub.training.provenance import Provenance
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.rollouts import FOLDER as ROLLOUTS
from crossthink_hub.whole import write_whole

NAME = re.compile(r"checkpoint-(\d+)")
RECORD = "crossthink.json"
LATEST = "latest"
METRICS = "metrics.jsonl"
FINAL = "final"
OF_A_RUN = (METRICS, ROLLOUTS, FINAL)
"""What no other run may find in its folder."""


def checkpoints(run: Path) -> list[Path]:
    """Return the checkpoints of a run, whole or not, the newest first."""
    found = [path for path in run.iterdir() if NAME.fullmatch(path.name)] if run.is_dir() else []
    return sorted(found, key=step_of, reverse=True)


def step_of(checkpoint: Path) -> int:
    """Return after which step a checkpoint was written.

    Example:
        >>> step_of(Path("runs/mine/checkpoint-50"))
        50
    """
    found = NAME.fullmatch(checkpoint.name)
    if not found:
        raise UsageError("is no checkpoint", where=checkpoint, fix="They are called checkpoint-STEP.")
    return int(found[1])


def seal(checkpoint: Path, provenance: Provenance) -> None:
    """Mark a checkpoint as whole: write down what it came from, and how large each of its files is.

    Raises:
        OutputError: it can't be written.
    """
    sizes = {
        str(path.relative_to(checkpoint)): path.stat().st_size
        for path in sorted(checkpoint.rglob("*"))
        if path.is_file() and path.name != RECORD
    }
    text = json.dumps({"provenance": provenance.as_json(), "files": sizes}, indent=1)
    write_whole(checkpoint / RECORD, lambda part: part.write_text(text, "utf-8"))


def is_whole(checkpoint: Path) -> bool:
    """Tell whether a checkpoint was written to its end and has lost nothing since."""
    try:
        sizes = json.loads((checkpoint / RECORD).read_text("utf-8"))["files"]
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False


def provenance_of(checkpoint: Path) -> Provenance:
    """Return what a sealed checkpoint or a final model came from."""
    record = json.loads((checkpoint / RECORD).read_text("utf-8"))
    return Provenance.of_json(json.dumps(record["provenance"]))


def starting_point(recipe: Recipe) -> Path | None:
    """Return the checkpoint that a run goes on from, None for a fresh start.

    `resume_from_checkpoint: latest` takes the newest whole one of `output_dir`, and starts afresh if there is
    none; a path has to be the newest of `output_dir`, or lie elsewhere.

    Raises:
        UsageError: another run lies in `output_dir`, or the checkpoint is not whole.
    """
    run = Path(recipe.argument("output_dir"))
    asked = recipe.argument("resume_from_checkpoint")
    if asked is None:
        _check_unused(run)
        return None
    whole = [checkpoint for checkpoint in checkpoints(run) if is_whole(checkpoint)]
    if asked == LATEST:
        return whole[0] if whole else None
    checkpoint = Path(asked)
    _check_named(checkpoint, whole, run)
    return checkpoint


def _check_unused(run: Path) -> None:
    if checkpoints(run) or any((run / name).exists() for name in OF_A_RUN):
        raise UsageError(
            "a run lies there already",
            where=run,
            fix=f"Go on with it: resume_from_checkpoint={LATEST}; or choose another folder: "
            f"output_dir={run}_2.",
        )


def _check_named(checkpoint: Path, whole: list[Path], run: Path) -> None:
    if not is_whole(checkpoint):
        raise UsageError(
            "is no whole checkpoint" if checkpoint.exists() else "no such checkpoint",
            where=checkpoint,
            fix=f"{', '.join(path.name for path in whole) or 'None'} of {run} can be resumed.",
        )
    if checkpoint.resolve().parent == run.resolve() and checkpoint.resolve() != whole[0].resolve():
        raise UsageError(
            f"{whole[0].name} is newer, and going on from here would overwrite what came of it",
            where=checkpoint,
            fix="Choose another output_dir, or remove the newer ones.",
        )


def clear_after(run: Path, step: int) -> list[str]:
    """Remove half-written checkpoints of later steps, and return their names."""
    halves = [path for path in checkpoints(run) if step_of(path) > step and not is_whole(path)]
    for path in halves:
        shutil.rmtree(path)
    return [path.name for path in halves]
