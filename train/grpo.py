"""Train a recipe with GRPO: one process of those that `accelerate launch` starts.

    accelerate launch --config_file train/launch/fsdp2_1x8.yaml \
        train/grpo.py --config train/recipes/gpr_up_7b.yaml

train/launch/launch.sh chooses the launch file. Every argument of `trl.GRPOConfig` is a key of recipes, and
any key can be set as `key=value`: max_steps=10, report_to=trackio. docs/training.md has them.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from crossthink_hub.errors import INTERRUPTED, CrossThinkError
from crossthink_hub.training.recipe import parse_settings, read_recipe
from crossthink_hub.training.train import train


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked on the command line."""
    parser = argparse.ArgumentParser(
        description="Train a recipe with GRPO, under accelerate.",
        epilog="Example: accelerate launch train/grpo.py --config train/recipes/gpr_up_7b.yaml max_steps=10",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="RECIPE", help="a recipe, in YAML")
    parser.add_argument(
        "--overlay", type=Path, action="append", default=[], metavar="YAML", help="goes over the recipe"
    )
    parser.add_argument("--push", metavar="OWNER/NAME", help="push the finished model to the Hub, private")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="go over both")
    return parser.parse_intermixed_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and return the exit code: 0 too where a stop file ended the run after its checkpoint."""
    asked = parse(arguments)
    try:
        recipe = read_recipe(asked.config, *asked.overlay, **parse_settings(asked.settings))
        train(recipe, push=asked.push)
    except CrossThinkError as error:
        if asked.debug:
            raise
        if os.environ.get("RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
