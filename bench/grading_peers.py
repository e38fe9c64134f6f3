r"""The graders to compare, each called the way that suits it best.

Bare LaTeX is given the delimiters a peer looks for: dollar signs for math-verify, a box for TRL and verl.
"""

import importlib.util
import io
import logging
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from math_verify import StringExtractionConfig, parse, verify
from math_verify.errors import TimeoutException
from trl.rewards import accuracy_reward

from crossthink_hub.grading import Verdict, grade
from crossthink_hub.grading.response import closing_brace

Said = tuple[bool, str]
"""Whether an answer is accepted, and why in words."""
DELIMITED = re.compile(r"(?<!\\)\$|\\\(|\\\[|\\boxed|\\fbox")
BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
WORDS = re.compile(r"[\w\s]*[^\W\d_]{2}\s+[^\W\d_]{2}[\w\s]*[.!?]?")
FORMULA = re.compile(r"(?<!\\)\$+([^$]+)(?<!\\)\$+|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
LETTERS = StringExtractionConfig(strings=tuple("ABCDEFGHIJ"))
VERL = ("math_verify", "math_reward", "math_dapo")
logging.getLogger("math_verify").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Grader:
    """A grader.

    Args:
        name: what the table calls it.
        answer: whether a prediction equals a gold answer.
        choice: whether a model's output chooses a letter or labelled option.
    """

    name: str
    answer: Callable[[str, str], Said]
    choice: Callable[[str, str], Said]


def graders() -> dict[str, Grader | None]:
    """Return the graders by name; None for one that is not installed."""
    found: dict[str, Grader | None] = {
        "ours": Grader("ours", ours, ours_choice),
        "ours (claim)": Grader("ours (claim)", ours_claim, ours_choice),
        "math-verify": _peer("math-verify", math_verify, math_verify_choice),
        "TRL": _peer("TRL", trl, lambda prediction, gold: trl_reward(prediction, gold) == 1),
    }
    for name in VERL:
        module = verl_module(name)
        found[f"verl {name}"] = verl_grader(name, module) if module else None
    return found


def _peer(name: str, answer: Callable[..., bool], choice: Callable[..., bool]) -> Grader:
    return Grader(name, _guarded(answer), _guarded(choice))


def _guarded(accepts: Callable[[str, str], bool]) -> Callable[[str, str], Said]:
    """Return a peer's call that accepts nothing where the peer fails, and prints nothing."""

    def call(prediction: str, gold: str) -> Said:
        with suppress(Exception, TimeoutException), redirect_stdout(io.StringIO()):
            accepted = accepts(prediction, gold)
            return accepted, "accepted" if accepted else "refused"
        return False, "failed"

    return call


def response(prediction: object) -> object:
    r"""Return a prediction as a response: with a thought, and in a box if it holds none.

    Example:
        >>> response("4")
        '<think>x</think>\\boxed{4}'
    """
    if not isinstance(prediction, str):
        return prediction
    thought, closed, answer = prediction.rpartition("</think>")
    if not BOX.search(prediction):
        answer = f"\\boxed{{{answer}}}"
    return f"{thought}{closed}{answer}" if closed else f"<think>x</think>{answer}"


def ours(prediction: str, gold: str) -> Said:
    """Return what we say of an answer."""
    return said(grade(response(prediction), gold, mode="equivalent"))


def ours_claim(prediction: str, gold: str) -> Said:
    """Return what we say of an answer that may stand in a sentence; a prediction without a box gets none."""
    if not isinstance(prediction, str) or BOX.search(prediction):
        return ours(prediction, gold)
    return said(grade(prediction, gold, thought="optional", answer_in="claim"))


def ours_choice(prediction: str, gold: str) -> Said:
    """Return what we say of a model's output on a multiple-choice question."""
    text = prediction if "</think>" in prediction else f"<think>x</think>{prediction}"
    return said(grade(text, gold, kind="mcq", thought="optional", answer_in="claim"))


def said(verdict: Verdict) -> Said:
    """Return a verdict in short."""
    return verdict.correct is True, f"{verdict.status}: {verdict.why}"


def delimited(text: str) -> str:
    """Return the text in dollar signs if it is neither delimited nor plain words."""
    return text if DELIMITED.search(text) or WORDS.fullmatch(text) else f"${text}$"


def bare(text: str) -> str:
    """Return what the last box of a text holds, else its last formula, else the text."""
    boxes = list(BOX.finditer(text))
    if boxes:
        return text[boxes[-1].end() : closing_brace(text, boxes[-1].end())]
    formulas = FORMULA.findall(text)
    return next(filter(None, formulas[-1])).strip() if formulas else text.strip()


def boxed(text: str) -> str:
    """Return the text if it holds a box, else its formula in one."""
    return text if BOX.search(text) else f"\\boxed{{{bare(text)}}}"


def math_verify(prediction: str, gold: str) -> bool:
    """Return whether math-verify finds both equal, with its own defaults."""
    return bool(verify(parse(delimited(gold)), parse(delimited(prediction))))


def math_verify_choice(prediction: str, gold: str) -> bool:
    """Return whether math-verify, told to look for letters, finds the same one."""
    return bool(verify(parse(gold, [LETTERS]), parse(prediction, [LETTERS])))


def trl(prediction: str, gold: str) -> bool:
    """Return whether TRL's accuracy_reward rewards a boxed prediction."""
    return trl_reward(boxed(prediction), delimited(gold)) == 1


def trl_reward(text: str, gold: str) -> float | None:
    """Return TRL's reward of a completion, None for a gold answer it can't parse."""
    reward: float | None = accuracy_reward([[{"role": "assistant", "content": text}]], [gold])[0]
    return reward


def verl_module(name: str) -> ModuleType | None:
    """Return a module of verl's, alone: verl itself asks for ray. None if verl is not there."""
    verl = importlib.util.find_spec("verl")
    folders = verl.submodule_search_locations if verl else None
    path = Path(next(iter(folders)), "utils", "reward_score", f"{name}.py") if folders else None
    if path is None or not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"verl_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def verl_grader(name: str, module: Any) -> Grader:
    """Return one of verl's scorers, with the text before the answer that it looks for.

    Its math_verify works in a pool of processes, for the sake of signals; here it does without the pool.
    """

    def by_math_verify(prediction: str, gold: str) -> bool:
        return bool(module._verify_in_subprocess(f"\\boxed{{{gold}}}", prediction) == 1)

    def by_math_reward(prediction: str, gold: str) -> bool:
        return bool(module.compute_score(prediction, gold) == 1)

    def by_math_dapo(prediction: str, gold: str) -> bool:
        return bool(module.compute_score(prediction, gold)["acc"])

    if name == "math_verify":
        return _peer(
            name, lambda prediction, gold: by_math_verify(delimited(prediction), gold), by_math_verify
        )
    if name == "math_reward":
        return _peer(
            name, lambda prediction, gold: by_math_reward(boxed(prediction), bare(gold)), by_math_reward
        )
    return _peer(
        name, lambda prediction, gold: by_math_dapo(f"Answer: {bare(prediction)}", bare(gold)), by_math_dapo
    )
