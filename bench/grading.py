"""How right, how fast and how hard to break grading is, beside the graders in use.

python bench/grading.py accuracy [--cases FOLDER] [--misses GROUP ...]
python bench/grading.py speed [--responses N] [--rounds N] [--only NAME ...]
python bench/grading.py million [--rows N ...]
python bench/grading.py hostile [--slowest N]

Each takes --json FILE. verl is compared where it can be imported: put an unpacked wheel on PYTHONPATH.
"""

import argparse
import json
from pathlib import Path

import grading_accuracy
import grading_hostile
import grading_million
import grading_speed

PARTS = {
    "accuracy": grading_accuracy,
    "speed": grading_speed,
    "million": grading_million,
    "hostile": grading_hostile,
}


def main() -> None:
    """Run one part, and keep its numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="part", required=True)
    for name, part in PARTS.items():
        command = commands.add_parser(name, help=part.__doc__)
        part.add_options(command)
        command.add_argument("--json", type=Path, help="keep the numbers in this file")
    args = parser.parse_args()
    numbers = PARTS[args.part].main(args)
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
