r"""Sentences that say what the answer is, such as "The final answer is $28\%$. I hope it is correct"."""

import re

from crossthink_hub.grading.formula.units import unit
from crossthink_hub.grading.verdict import Span
from crossthink_hub.grading.wording import unwrapped

LEAD = re.compile(
    r"""(?ix)
    (?: \b(?:final\s+|correct\s+|right\s+|best\s+)*(?:answer|solution|result|choice|option)s?\b
        (?:\s+(?:here|to\ the\ (?:question|problem)|for\ this\ (?:question|problem)))?
        (?:,?\ given\ the\ \w+,?)?
        \s{0,9}[*"']{0,3}
        (?: \s{1,9}(?:is|are|was|would\ be|must\ be|should\ be|equals|be)\b | \s{0,9}[:：=]+ | \s?[-–]\s )
      | \b(?:i\ think\ it['’]?s | i\ think\ it\ is | i\ choose | i\ pick)\b
      | 答案(?:是|为|應該是|应该是|[:：])+ | réponse\s*(?:est|:)
    )
    [\s:：*"'=]*
    (?:\b(?:definitely|for\ sure|clearly|surely|certainly|simply|then|given\ by|option|choice)\b[\s:]*)*
    """
)
LEAD_WORDS = (
    "answer",
    "solution",
    "result",
    "choice",
    "option",
    "i think",
    "i choose",
    "i pick",
    "答案",
    "épo",
)
"""One of these is in every lead: a look for them is cheaper than the search."""
CLOSING = re.compile(r"(?is)[.\s]{0,3}i hope (?:it|this) (?:is correct|helps).*")
END = re.compile(r"\n|(?<=[^\d\s])\.\s|(?<=\d)\.\s(?=[A-Z])")
FORMULA = re.compile(
    r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)|(?<!\\)\$((?:[^$\\]|\\.)+?)(?<!\\)\$", re.DOTALL
)
TAGS = ("<answer>", "</answer>")
LONGEST_LINE = 200
TAIL = 4_096
"""Characters at the end of a text that are looked at for a sentence with the answer."""
CALLED_ANSWER = re.compile(
    r"(?i)(?:is|are)\s+(?:the|our|my)\s+(?:final\s+|correct\s+|only\s+)?(?:answer|solution|result)s?"
)
"""What may stand behind the one formula of a sentence for it to be the answer."""
INLINE = (3, 4)
HEDGED = re.compile(
    r"(?i)\b(?:not|cannot|no|or|either|neither|nor|maybe|perhaps|unlike|except|wrong|false|incorrect)\b|n['’]t\b"
)
NEGATED = re.compile(
    r"(?i)(?:\b(?:wrong|incorrect|false|whether|if|not|nor)|n['’]t)\s+(?:that\s+)?(?:the\s+)?\Z"
)
"""What before a lead turns it round."""
POINTING = re.compile(
    r"(?i)(?:\b(?:is|are|be|equals?|that|so|therefore|thus|hence|answer|get|gives?|have|obtain)|[:=])\s*\Z"
)
"""What may stand before the one formula of a sentence for it to be the answer."""
WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")


def claims(text: str) -> list[str]:
    """Return what follows each phrase that announces an answer, up to the end of its line or sentence.

    Example:
        >>> claims("The answer is 5. No: the final answer is: 6. I hope it is correct.")
        ['5', '6']
    """
    return [text[begin:end] for begin, end in claim_spans(text)]


def claim_spans(text: str) -> list[Span]:
    """Return where the claims of a text stand.

    Example:
        >>> claim_spans("The answer is 5.")
        [(14, 15)]
    """
    first = max(0, len(text) - TAIL)
    lowered = text[first:].casefold()
    if not any(word in lowered for word in LEAD_WORDS):
        return []
    closing = CLOSING.search(text, first)
    last = closing.start() if closing else len(text)
    return [span for lead in LEAD.finditer(text, first, last) if (span := _claim(text, lead, last))]


def _claim(text: str, lead: re.Match[str], last: int) -> Span | None:
    """Return where what a lead announces stands, to the end of its line or sentence; None if it is denied."""
    if NEGATED.search(text, max(0, lead.start() - 40), lead.start()):
        return None
    end = END.search(text, lead.end(), last)
    said = text[lead.end() : end.start() if end else last]
    begin = lead.end() + len(said) - len(said.lstrip())
    length = len(said.strip().rstrip("."))
    return (begin, begin + length) if length else None


def answer_in_prose(text: str) -> Span | None:
    r"""Return where the answer of a text without a box stands: tagged, announced, or a line that is all.

    Example:
        >>> for text in ("So <answer>Paris</answer>.", "The answer is 4.", "42", "First this.\nThen that."):
        ...     span = answer_in_prose(text)
        ...     print(span and text[slice(*span)])
        Paris
        4
        42
        None
    """
    closing = text.rfind(TAGS[1])
    opening = text.rfind(TAGS[0], 0, max(closing, 0))
    if opening >= 0:
        return _stripped(text, opening + len(TAGS[0]), closing)
    spans = claim_spans(text)
    if spans:
        return spans[-1]
    span = _stripped(text, 0, len(text))
    alone = span is not None and "\n" not in text[slice(*span)] and span[1] - span[0] <= LONGEST_LINE
    return span if alone else None


def _stripped(text: str, begin: int, end: int) -> Span | None:
    """Return a part of a text without the white space around it, None if that is all."""
    inside = text[begin:end]
    begin += len(inside) - len(inside.lstrip())
    return (begin, begin + len(inside.strip())) if inside.strip() else None


def without_prose(text: str) -> str:
    r"""Return the answer that a sentence gives; the text itself if it is no sentence that does.

    What an answer is announced by is left away, and of words with one formula among them, the formula
    stays. A formula within a line does not go over the end of the line.

    Example:
        >>> without_prose("The answer is 4"), without_prose("So the sum is $x+1$."), without_prose("4 apples")
        ('4', 'x+1', '4 apples')
    """
    if len(text) > TAIL:
        return text
    said = claims(unwrapped(text) if text.lstrip(" $").startswith("\\text") else text)
    if said:
        text = said[-1]
    return _only_formula(text) or text


def has_words(text: str) -> bool:
    r"""Return whether there are words outside of formulas and commands.

    Example:
        >>> has_words("The sum is $x$"), has_words(r"\frac{1}{2}")
        (True, False)
    """
    return bool(WORD.search(FORMULA.sub(" ", text)))


def _only_formula(text: str) -> str | None:
    formulas = list(FORMULA.finditer(text))
    outside = FORMULA.sub(" ", text)
    if len(formulas) != 1 or not WORD.search(outside) or HEDGED.search(outside):
        return None
    (formula,) = formulas
    if formula.lastindex in INLINE and "\n" in formula[0]:
        return None
    before = text[: formula.start()].strip()
    after = text[formula.end() :].strip(" .,;:\n")
    if CALLED_ANSWER.fullmatch(after):
        after = ""
    elif before and not POINTING.search(before):
        return None
    if after and not unit(after):
        return None
    return (formula[formula.lastindex or 0] or "").strip() + (
        f" \\text{{{after}}}" if after.isalpha() else ""
    )
