"""How long an evaluation takes beside bare vLLM and lm-evaluation-harness, and how much memory.

python bench/evaluate.py generate --model FOLDER [--benchmark NAME] [--questions N] [--max-tokens N]
python bench/evaluate.py harness --model FOLDER --lm-eval PATH [the same options]
python bench/evaluate.py score [--rows N] [--benchmarks NAME ...]
python bench/evaluate.py memory [--questions N ...]

Each takes --json FILE, all but `memory` --rounds N. `generate` and `harness` run in the environment that
has vLLM: .venv-vllm/bin/python.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import evaluate_generate
import evaluate_harness
import evaluate_memory
import evaluate_score

PARTS = {
    "generate": evaluate_generate,
    "harness": evaluate_harness,
    "score": evaluate_score,
    "memory": evaluate_memory,
}


def main() -> None:
    """Run one part, and keep its numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="part", required=True)
    for name, part in PARTS.items():
        command = commands.add_parser(name, help=part.__doc__.splitlines()[0])
        part.add_options(command)
        command.add_argument("--json", type=Path, help="keep the numbers in this file")
    args = parser.parse_args()
    print(f"`python bench/evaluate.py {shlex.join(sys.argv[1:])}`\n", flush=True)
    numbers = PARTS[args.part].main(args)
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
