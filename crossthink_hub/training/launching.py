"""What a launch script asks of a recipe: `python -m crossthink_hub.training.launching GPUS RECIPE …`.

It prints sharding, context and model on a line, or says at once what would fail after minutes on all GPUs.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from crossthink_hub.errors import CrossThinkError, UsageError
from crossthink_hub.training.recipe import Recipe, parse_settings, read_recipe


def launch_facts(recipe: Recipe, gpus: int) -> str:
    """Return sharding, context and model of a recipe that can be launched on so many GPUs.

    Raises:
        UsageError: it can't be.

    Example:
        >>> launch_facts(read_recipe("gpr_up_32b"), 32)
        'zero3 5000 Qwen/Qwen2.5-32B'
    """
    recipe.for_world(gpus)
    if recipe.sharding == "none" and gpus > 1:
        raise UsageError(
            f"sharding is none, and there are {gpus} GPUs",
            where=recipe.name,
            fix="Set sharding=fsdp2 or sharding=zero3, or GPUS_PER_NODE=1.",
        )
    return f"{recipe.sharding} {recipe.context} {recipe.model}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the facts, or an error and its exit code."""
    parser = argparse.ArgumentParser(prog="python -m crossthink_hub.training.launching")
    parser.add_argument("gpus", type=int)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--overlay", type=Path, action="append", default=[])
    parser.add_argument("settings", nargs="*", metavar="key=value")
    asked = parser.parse_intermixed_args(arguments)
    try:
        recipe = read_recipe(asked.recipe, *asked.overlay, **parse_settings(asked.settings))
        print(launch_facts(recipe, asked.gpus))
    except CrossThinkError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
