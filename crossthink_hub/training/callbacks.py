"""What watches a run: metrics on disk, a line for people, stopping early, sealing checkpoints."""

import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from crossthink_hub.errors import TrainingError
from crossthink_hub.training.causes import causes
from crossthink_hub.training.checkpoints import METRICS, seal
from crossthink_hub.training.provenance import Provenance

STOP_FILE = "CROSSTHINK_STOP_FILE"
"""The environment variable that names a file: once it is there, a run saves a checkpoint and ends."""
LINE = {
    "reward": ("reward", ".3f"),
    "all/format": ("format", ".3f"),
    "all/truncated": ("cut off", ".3f"),
    "completions/mean_length": ("tokens", ".0f"),
    "kl": ("kl", ".4f"),
}
"""What is shown of a step: metric, name, how many digits."""


class MetricsFile(TrainerCallback):
    """Writes each logged step to `metrics.jsonl`; a step that is done again replaces its line."""

    def __init__(self, run: Path, start: int) -> None:
        self.path = run / METRICS
        if self.path.exists():
            kept = [line for line in self.path.read_text("utf-8").splitlines() if _step_of(line) <= start]
            self.path.write_text("".join(f"{line}\n" for line in kept), "utf-8")

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Append what is logged."""
        logs = more.get("logs") or {}
        if (state.is_world_process_zero and "loss" in logs) or any(key.startswith("eval_") for key in logs):
            entry = {"step": state.global_step, **{key: _number(value) for key, value in logs.items()}}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


def _step_of(line: str) -> float:
    """Return the step of a line; of one that a kill cut off, one after all others."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError):
        return math.inf


def _number(value: Any) -> Any:
    """Return a value as JSON can have it: numbers that are none become null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


class ProgressLines(TrainerCallback):
    """Says a line for each logged step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Say what is logged of a step."""
        logs = more.get("logs") or {}
        if not state.is_world_process_zero or "loss" not in logs:
            return
        shown = [
            f"{name} {value:{digits}}"
            for key, (name, digits) in LINE.items()
            if isinstance(value := logs.get(key), int | float)
        ]
        took = f"{logs['step_time']:.1f} s" if isinstance(logs.get("step_time"), float) else ""
        self.say("  ".join([f"step {state.global_step:>4}/{state.max_steps}", *shown, took]).rstrip())


class NotANumber(TrainerCallback):
    """Ends a run whose loss or gradient is no number, before a checkpoint is made of it."""

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Look at what is logged.

        Raises:
            TrainingError: loss or gradient is infinite or no number.
        """
        logs: Mapping[str, Any] = more.get("logs") or {}
        for key in ("loss", "grad_norm"):
            value = logs.get(key)
            if isinstance(value, float) and not math.isfinite(value):
                raise TrainingError(
                    f"{key} is {value} at step {state.global_step}; no checkpoint was made of it",
                    where=args.output_dir,
                    fix="Lower learning_rate; see that max_grad_norm is set and the model's dtype float32. "
                    "Then go on from the last checkpoint: resume_from_checkpoint=latest.",
                )


class ZeroReward(TrainerCallback):
    """Ends a run whose reward was 0 from the start, with what speaks for the usual causes."""

    def __init__(self, patience: int | None) -> None:
        self.patience = patience

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Look at all steps so far.

        Raises:
            TrainingError: there have been `patience` steps, and never a reward.
        """
        steps = [entry for entry in state.log_history if "reward" in entry]
        if not self.patience or state.global_step < self.patience or not steps:
            return
        if any(entry["reward"] for entry in steps):
            return
        found = [f"{place}. {line}" for place, line in enumerate(causes(_means(steps)), 1)]
        raise TrainingError(
            f"no completion was rewarded in the first {state.global_step} steps: nothing can be learnt",
            where=args.output_dir,
            fix="\n".join([*found, "zero_reward_patience=null lets it go on."]),
        )


def _means(steps: list[dict[str, Any]]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for entry in steps:
        for key, value in entry.items():
            if isinstance(value, int | float):
                values[key].append(value)
    return {key: sum(found) / len(found) for key, found in values.items()}


class RunDone(Exception):  # noqa: N818  (no error)
    """All steps of the run are done."""


class AlreadyDone(TrainerCallback):
    """Keeps a run from another step where it goes on from its last checkpoint."""

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Look whether there is a step left.

        Raises:
            RunDone: there is none.
        """
        if state.global_step >= state.max_steps:
            raise RunDone


class StopFile(TrainerCallback):
    """Saves a checkpoint and ends the run once a file is there: the step at work is done first."""

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Look for the file; the first process does so for all, as others may see it later."""
        from accelerate.utils import broadcast_object_list

        name = os.environ.get(STOP_FILE)
        if not name:
            return
        there = [Path(name).exists() if state.is_world_process_zero else False]
        broadcast_object_list(there)
        if there[0]:
            control.should_save = control.should_training_stop = True


class Seal(TrainerCallback):
    """Marks each checkpoint as whole, once every process has written its part."""

    def __init__(self, provenance: Provenance) -> None:
        self.provenance = provenance

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Write the mark."""
        from accelerate import PartialState

        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            seal(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}", self.provenance)
