"""What GRPO does to the tiny model: three seeds, the control, and a mixed blend against math only.

    python bench/train_tiny.py [--runs NAME …] [--out FILE]

One warm-up is shared by all runs. Rewards are of the held-out prompts of the mixed blend, 8 samples each.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crossthink_hub.training.dry_run import dry_run
from crossthink_hub.training.recipe import read_recipe
from crossthink_hub.training.tiny import prepare
from crossthink_hub.training.train import train

RUNS: dict[str, dict[str, Any]] = {
    "gpr_up, seed 0": {"seed": 0},
    "gpr_up, seed 1": {"seed": 1},
    "gpr_up, seed 2": {"seed": 2},
    "only_mr, seed 0": {"seed": 0, "config": "only_mr"},
    "only_mr, seed 1": {"seed": 1, "config": "only_mr"},
    "only_mr, seed 2": {"seed": 2, "config": "only_mr"},
    "gpr_up, constant reward": {"seed": 0, "constant": True},
}
DOMAINS = {"mr": "hendrycks_math", "gpr": "mmlu"}


def constant(completions: Sequence[object], **columns: object) -> list[float]:
    """Reward whatever comes."""
    return [1.0] * len(completions)


def quiet(line: str) -> None:
    """Say nothing."""


def measured(places: dict[str, Any], model: Path) -> dict[str, float]:
    """Return reward, accuracy and format of the held-out prompts, in all and by domain."""
    recipe = read_recipe("tiny_cpu", **{**places, "model": str(model), "split": "test"})
    metrics = dry_run(recipe, quiet).metrics
    groups = {"all": "all", **DOMAINS}
    return {
        f"{name} {metric}": round(metrics[f"{group}/{metric}"], 3)
        for name, group in groups.items()
        for metric in ("reward", "format")
    }


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and how many seconds it took."""
    started = time.monotonic()
    return work(), round(time.monotonic() - started, 1)


def main() -> None:
    """Run all, and print a line of JSON for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="file for the lines too")
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=[*RUNS], help="all by default")
    asked = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    lines = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        places: dict[str, Any] = {"dataset": str(folder / "data"), "model": str(folder / "model")}
        _, seconds = timed(lambda: prepare(read_recipe("tiny_cpu", **places), quiet))
        lines.append({"run": "warm-up", "seconds": seconds, **measured(places, folder / "model")})
        print(json.dumps(lines[-1]), flush=True)
        for place, title in enumerate(asked.runs):
            settings = RUNS[title]
            score = constant if settings.get("constant") else None
            more = {key: value for key, value in settings.items() if key != "constant"}
            recipe = read_recipe("tiny_cpu", **{**places, **more, "output_dir": str(folder / f"run{place}")})
            outcome, seconds = timed(lambda recipe=recipe, score=score: train(recipe, score=score, say=quiet))
            lines.append({"run": title, "seconds": seconds, **measured(places, outcome.model)})
            print(json.dumps(lines[-1]), flush=True)
    if asked.out:
        asked.out.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
