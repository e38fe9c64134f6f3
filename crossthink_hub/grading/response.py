r"""Where the answer stands in a response: after the thought, in the last box."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crossthink_hub.grading.limits import MAX_ANSWER, MAX_BOXES
from crossthink_hub.grading.settings import Thought
from crossthink_hub.grading.verdict import Span, Status

OPEN, CLOSE = "<think>", "</think>"
BOX = re.compile(r"(?:\\(?:boxed|fbox)|\x08oxed)(?:\s*(?P<brace>\{)|\s+(?=[^\s{]))")
r"""`\boxed{`, `\fbox{`, `\boxed 4`; and `\b` read as a backspace by whoever wrote the file."""
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
UNBRACED = re.compile(r"[^\s$]+")
BETWEEN = re.compile(
    r"(?:[\s,;&$]|\\[()\[\],;:! ]|\\q?quad\b|and\b|or\b|\\text(?:rm)?\s*\{\s*(?:and|or)\s*\}"
    r"|\w+(?:_\{?\w+\}?)?\s*=)*"
)
"""What may stand between boxes that give one answer together."""
LONGEST_BETWEEN = 60
NAME = re.compile(r"(\w+(?:_\{?\w+\}?)?)\s*=\s*\$?\s*\\(?:boxed|fbox)\s*\{?\Z")
MINUS = re.compile(r"(?:\A|[$=(:\n]|[A-Za-z]{2}\s)\s*[-−]\s*\$?\s*\\(?:boxed|fbox)\s*\{?\Z")
"""A minus before a box that takes nothing away from anything before it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of a response, or why there is none.

    Args:
        answer: the text of the answer; None if there is none.
        span: where it stands in the response.
        status: why there is none.
        boxes: how many boxes make up the answer.
    """

    answer: str | None = None
    span: Span | None = None
    status: Status | None = None
    boxes: int = 1


def answer_start(response: str, thought: Thought) -> int | None:
    """Return where the thought ends and the answer begins; None if the thought is never closed.

    Example:
        >>> answer_start("<think>a</think>b", "tagged"), answer_start("a", "opened")
        (16, None)
    """
    end = response.rfind(CLOSE)
    if response.find(OPEN, max(end, 0)) >= 0 or (end < 0 and thought == "opened"):
        return None
    return end + len(CLOSE) if end >= 0 else 0


def is_formatted(response: str, thought: Thought) -> bool:
    """Return whether there is one thought, in its tags, first of all: F of section 2, but for the box.

    Example:
        >>> is_formatted("<think>a</think>b", "tagged"), is_formatted("a</think>b", "tagged")
        (True, False)
    """
    opened, closed = response.count(OPEN), response.count(CLOSE)
    if thought == "optional" and opened == closed == 0:
        return True
    tagged = opened == 1 and closed == 1 and response.lstrip().startswith(OPEN)
    already_open = opened == 0 and closed == 1
    return {"tagged": tagged, "opened": already_open, "optional": tagged or already_open}[thought]


def find_answer(response: str, start: int) -> Found:
    r"""Return what stands in the last box from `start` on.

    Boxes with nothing but "and", "or", commas or names between them are one answer: a list.

    Example:
        >>> find_answer(r"First \boxed{1}. No: \boxed{\frac{1}{2}}.", 0).answer
        '\\frac{1}{2}'
        >>> find_answer(r"\boxed{1} and \boxed{2}", 0)
        Found(answer='1, 2', span=(7, 22), status=None, boxes=2)
    """
    spans: list[Span | None] = []
    for span in _boxes(response, start):
        spans.append(span)
        if len(spans) > MAX_BOXES:
            return Found(status=Status.AMBIGUOUS)
    if not spans:
        return Found(status=Status.NO_BOX)
    if spans[-1] is None:
        return Found(status=Status.UNCLOSED_BOX)
    together = _last_together(response, [span for span in spans if span])
    texts = list(dict.fromkeys(_contents(response, together)))
    if not any(texts):
        return Found(status=Status.EMPTY, span=together[-1])
    return Found(", ".join(texts), (together[0][0], together[-1][1]), boxes=len(texts))


def _boxes(response: str, start: int) -> Iterator[Span | None]:
    """Yield where the content of each box stands, None if it is never closed; not boxes inside boxes."""
    place = start
    while box := BOX.search(response, place):
        place = box.end()
        if box["brace"]:
            end = closing_brace(response, place)
        else:
            word = UNBRACED.match(response, place)
            end = word.end() if word else place
        yield None if end is None else (box.end(), end)
        place = place if end is None else end


def closing_brace(text: str, place: int) -> int | None:
    r"""Return where the brace stands that closes the one opened before `place`; None if none does.

    An escaped brace closes it if nothing else does and none was opened: `\boxed{185\}`.

    Example:
        >>> closing_brace(r"\frac{1}{2}} and more", 0), closing_brace("{", 0), closing_brace(r"185\}", 0)
        (11, None, 4)
    """
    depth, escaped, stray = 1, 0, None
    for brace in BRACE.finditer(text, place, place + MAX_ANSWER + 1):
        mark = brace[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if not depth:
                return brace.start()
        elif mark in (r"\{", r"\}"):
            escaped += 1 if mark == r"\{" else -1
            if escaped < 0 and depth == 1:
                stray = brace.end() - 1
    return stray


def _contents(response: str, spans: list[Span]) -> list[str]:
    """Return what boxes say that are one answer: with the names they are given for, if each has one."""
    texts = [_content(response, span) for span in spans]
    names = [NAME.search(response, max(0, begin - 40), begin) for begin, _ in spans]
    if len(spans) > 1 and all(names):
        return [f"{name[1]}={text}" for name, text in zip(names, texts, strict=True) if name]
    return texts


def _content(response: str, span: Span) -> str:
    """Return what a box says: a minus before it belongs to it, and a box in a box is one box."""
    text = response[slice(*span)].strip()
    while (inner := BOX.match(text)) and inner["brace"] and closing_brace(text, inner.end()) == len(text) - 1:
        text = text[inner.end() : -1].strip()
    return f"-{text}" if MINUS.search(response, max(0, span[0] - 40), span[0]) else text


def _last_together(response: str, spans: list[Span]) -> list[Span]:
    """Return the last boxes that give one answer together."""
    first = len(spans) - 1
    while first and _joined(response[spans[first - 1][1] : spans[first][0]]):
        first -= 1
    return spans[first:]


def _joined(text: str) -> bool:
    between = text.removeprefix("}")
    opening = BOX.search(between)
    if not opening or opening.start() > LONGEST_BETWEEN:
        return False
    return bool(BETWEEN.fullmatch(between, 0, opening.start()))
