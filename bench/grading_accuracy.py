"""The shared cases through our grader and its peers, side by side."""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading_peers import Grader, Said, graders

from crossthink_hub.grading import grade

CASES = Path(__file__).resolve().parents[2] / "shared" / "grader_cases"
NOT_INSTALLED = "not installed"
SHORT = 90

Results = dict[str, dict[str, Said]]
"""What each grader says of each case, by name and id."""


@dataclass(frozen=True)
class Case:
    """A case of `grader_cases/README.md`."""

    id: str
    source: str
    kind: str
    prediction: Any
    gold: Any
    expected: Any
    core: bool
    extracted: list[str] | None
    spec: dict[str, Any]

    @property
    def boolean(self) -> bool:
        """Whether it is an answer that is right or wrong."""
        return self.kind in ("equal", "response") and isinstance(self.expected, bool)

    @property
    def one_letter(self) -> bool:
        """Whether it asks which letter, if any, an output chooses."""
        return self.extracted is not None and not self.spec.get("multiple")


GROUPS: dict[str, tuple[Callable[[Case], bool], str]] = {
    "core": (lambda case: case.boolean and case.core, "equal and response without policy or dispute"),
    "all boolean": (lambda case: case.boolean, "equal and response with a label"),
    "equal": (lambda case: case.boolean and case.kind == "equal", "answer against answer"),
    "response": (lambda case: case.boolean and case.kind == "response", "output against answer"),
    "mcq, gold": (lambda case: case.kind == "mcq" and case.extracted is None, "output against option"),
    "mcq, letter": (lambda case: case.one_letter, "the letters A to D accepted are those expected"),
    "normalize": (lambda case: case.kind == "normalize", "the text and its normal form are equal"),
}


def read(folder: Path) -> list[Case]:
    """Return the cases of all files in a folder."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    if not lines:
        raise SystemExit(f"no cases at {folder}")
    return [_case(json.loads(line)) for line in lines]


def _case(found: Mapping[str, Any]) -> Case:
    return Case(
        found["id"],
        found["source"],
        found["kind"],
        found["prediction"],
        found["gold"],
        found["expected"],
        bool(found.get("core")),
        found.get("extracted"),
        found.get("spec") or {},
    )


def ask(grader: Grader, case: Case) -> Said:
    """Return whether a grader accepts what a case predicts, or for a letter case finds the letters."""
    if case.kind == "normalize":
        return grader.answer(case.prediction, case.expected)
    if case.kind != "mcq":
        return grader.answer(case.prediction, case.gold)
    if case.extracted is None:
        return grader.choice(case.prediction, case.gold)
    found = [letter for letter in "ABCD" if grader.choice(case.prediction, letter)[0]]
    return found == case.extracted, f"found {found}"


def wanted(case: Case) -> bool:
    """Return what `ask` should say."""
    return case.expected if isinstance(case.expected, bool) else True


def judge(cases: Iterable[Case], found: Mapping[str, Grader | None]) -> Results:
    """Return what each grader that is installed says of each case."""
    asked = [case for case in cases if any(member(case) for member, _ in GROUPS.values())]
    return {name: {case.id: ask(it, case) for case in asked} for name, it in found.items() if it}


def score(cases: Iterable[Case], verdicts: Mapping[str, Said]) -> dict[str, float]:
    """Return the accuracy of a grader by group, and its false accepts."""
    figures: dict[str, float] = {}
    for name, (member, _) in GROUPS.items():
        group = [case for case in cases if member(case)]
        right = sum(verdicts[case.id][0] == wanted(case) for case in group)
        figures[name] = right / len(group) if group else float("nan")
    accepted = [case for case in cases if case.boolean and case.expected is False and verdicts[case.id][0]]
    figures["false accepts, core"] = sum(case.core for case in accepted)
    figures["false accepts, all"] = len(accepted)
    return figures


def table(cases: Sequence[Case], found: Iterable[str], scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return the scores in Markdown."""
    names = list(found)
    lines = ["| cases | n | " + " | ".join(names) + " |", "|---|--:|" + "--:|" * len(names)]
    for row in next(iter(scores.values())):
        group = GROUPS.get(row)
        count = sum(group[0](case) for case in cases) if group else ""
        shown = [
            _shown(scores[name][row], group is not None) if name in scores else NOT_INSTALLED
            for name in names
        ]
        lines.append(f"| {row} | {count} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def _shown(value: float, share: bool) -> str:
    return f"{value:.3f}" if share else f"{value:.0f}"


def format_lines(cases: Iterable[Case]) -> list[str]:
    """Return how our reading of the format agrees with TRL's, whose answers need no box."""
    rules = [case for case in cases if case.kind == "format" and case.source == "huggingface/trl"]
    bare = [grade(case.prediction, "1").formatted == case.expected for case in rules]
    ended = [grade(rf"{case.prediction} \boxed{{1}}", "1").formatted == case.expected for case in rules]
    return [
        f"Format, TRL's {len(rules)} cases: `formatted` agrees on {sum(bare)} as they are (ours wants a box "
        f"too) and on {sum(ended)} with a box at the end."
    ]


def unsignalled(cases: Iterable[Case], found: Mapping[str, Grader | None]) -> list[str]:
    """Return who rewards an answer whose gold answer can't be parsed, says the source."""
    rows = [case for case in cases if case.kind == "response" and case.expected is None]
    lines = [f"Golds that can't be parsed ({len(rows)}), rewarded by:"]
    for case in rows:
        names = [name for name, it in found.items() if it and it.answer(case.prediction, case.gold)[0]]
        lines.append(
            f"- {case.id}: {', '.join(names) or 'none'}; {_short(case.prediction)} | {_short(case.gold)}"
        )
    return lines


def misses(cases: Iterable[Case], verdicts: Mapping[str, Said], member: str) -> list[str]:
    """Return a line for each case of a group that we judge otherwise than its label."""
    wrong = [case for case in cases if GROUPS[member][0](case) and verdicts[case.id][0] != wanted(case)]
    lines = [f"Our misses in {member}: {len(wrong)}"]
    for case in wrong:
        gold = case.extracted if case.extracted is not None else case.gold
        expected = "accept" if wanted(case) else "refuse"
        lines.append(
            f"- {case.id}: {_short(case.prediction)} | {_short(gold)} | {expected} | {verdicts[case.id][1]}"
        )
    return lines


def false_accepts(cases: Iterable[Case], results: Results) -> list[str]:
    """Return a line for each answer that is wrong, says its source, and that one accepts."""
    lines = ["False accepts:"]
    for case in cases:
        names = [name for name in results if case.boolean and not case.expected and results[name][case.id][0]]
        if names:
            where = "core" if case.core else "policy"
            shown = f"{_short(case.prediction)} | {_short(case.gold)}"
            lines.append(f"- {case.id} ({where}): {shown} | {', '.join(names)}")
    return lines


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHORT else f"{text[:30]} … {text[-(SHORT - 33) :]}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of the cases")
    parser.add_argument(
        "--misses", nargs="*", choices=GROUPS, default=["core"], help="groups to list misses of"
    )


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table and the misses; return the numbers."""
    cases, found = read(args.cases), graders()
    results = judge(cases, found)
    scores = {name: score(cases, verdicts) for name, verdicts in results.items()}
    print(f"{len(cases)} cases\n\n{table(cases, found, scores)}\n")
    for name, (_, how) in GROUPS.items():
        print(f"- {name}: {how}")
    print("\n" + "\n".join([*format_lines(cases), "", *unsignalled(cases, found)]))
    for group in args.misses:
        print("\n" + "\n".join(misses(cases, results["ours"], group)))
    print("\n" + "\n".join(false_accepts(cases, results)))
    return {"scores": scores, "verdicts": results}
