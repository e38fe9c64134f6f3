"""Measure a model on the paper's benchmarks: what `crossthink eval` does, for launchers.

    python train/evaluate.py runs/gpr_up_7b/final --out runs/eval-gpr_up_7b benchmarks=[mmlu_pro,amc23] runs=3

docs/evaluation.md has every key. Run again, it makes only the answers that are missing.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from crossthink_hub.display import escaped
from crossthink_hub.display_eval import results_report
from crossthink_hub.errors import INTERRUPTED, CrossThinkError
from crossthink_hub.evaluation.evaluate import evaluate
from crossthink_hub.evaluation.settings import read_evaluation
from crossthink_hub.terminal import err, out
from crossthink_hub.training.layers import parse_settings


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked on the command line."""
    parser = argparse.ArgumentParser(
        description="Measure a model on the paper's benchmarks.",
        epilog="Example: python train/evaluate.py qwen2.5-7b --out runs/base benchmarks=[amc23] limit=8",
    )
    parser.add_argument("model", help="a folder, a name on the Hub, or a run file")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the run")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="go over the run file")
    return parser.parse_intermixed_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return the exit code."""
    asked = parse(arguments)
    # A launcher's SIGTERM is as a Ctrl-C: what was answered is written down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        results = evaluate(read_evaluation(asked.model, **parse_settings(asked.settings)), asked.out)
    except CrossThinkError as error:
        if asked.debug:
            raise
        err.print(f"error: {escaped(str(error))}", highlight=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    out.print(results_report(results, asked.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
