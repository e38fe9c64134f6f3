r"""Sentences that say what the answer is, such as "The final answer is $28\%$. I hope it is correct"."""

import re

from crossthink_hub.grading.formula.units import unit
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
    text = text[-TAIL:]
    lowered = text.casefold()
    if not any(word in lowered for word in LEAD_WORDS):
        return []
    text = CLOSING.sub("", text)
    found = []
    for lead in LEAD.finditer(text):
        if NEGATED.search(text, max(0, lead.start() - 40), lead.start()):
            continue
        end = END.search(text, lead.end())
        found.append(text[lead.end() : end.start() if end else len(text)].strip().rstrip("."))
    return [said for said in found if said]


def answer_in_prose(text: str) -> str | None:
    r"""Return the answer of a text without a box: tagged, announced, or a line that is all there is.

    Example:
        >>> answer_in_prose("So <answer>Paris</answer>."), answer_in_prose("I think. The answer is 4.")
        ('Paris', '4')
        >>> answer_in_prose("42"), answer_in_prose("First this.\nThen that.")
        ('42', None)
    """
    before, closed, _ = text.rpartition(TAGS[1])
    _, opened, tagged = before.rpartition(TAGS[0])
    if opened and closed:
        return tagged.strip()
    said = claims(text)
    if said:
        return said[-1]
    line = text.strip()
    return line if line and "\n" not in line and len(line) <= LONGEST_LINE else None


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
    if (before and not POINTING.search(before)) or (after and not unit(after)):
        return None
    return (formula[formula.lastindex or 0] or "").strip() + (
        f" \\text{{{after}}}" if after.isalpha() else ""
    )
