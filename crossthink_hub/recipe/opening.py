"""Opening multiple-choice questions (paper: section 2): which can't be asked without their options."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import tidy, tidy_list
from crossthink_hub.recipe.paper import load_data

SENTENCE = r"(?s)^.*(?:(?:[^.\s]{2}|\s\d)[.?!]['\")\]*\x{201D}\x{2019}]*\s+|\n\s*\n)"
"""Everything before the last sentence; the point of "U.S. law" or "e.g. this" ends none."""

NO_GAP = r"(?:[^?_.!]|_[{\\(A-Za-z0-9])*"  # an underscore may be part of a formula
REMARK = rf"\?(?:(?:{NO_GAP}[.!)]+){{1,2}}\s*|{NO_GAP})$"
"""A question mark, and behind it no more than two sentences or a formula; no sentence to end or fill in."""

SPACE = r"[\s\p{Z}*]+"
UNLESS = "unless_"


@dataclass(frozen=True)
class Rule:
    """When a question needs its options: where every pattern that is given matches its text.

    Attributes:
        reason: what a row is counted under.
        question: over the whole question.
        asked: over its asked sentence.
        options: over the options, one a line.
        answer: over the text of the right option.
        unless_asked: over the asked sentence; it must not match.
        unless_answer: over the text of the right option; it must not match.
    """

    reason: str
    question: str = ""
    asked: str = ""
    options: str = ""
    answer: str = ""
    unless_asked: str = ""
    unless_answer: str = ""

    def patterns(self) -> dict[str, str]:
        """Return the patterns that are given, by field."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}


FIELDS = tuple(field.name for field in fields(Rule) if field.name != "reason")


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of `data/opening.yaml`, in the order in which they are tried.

    Example:
        >>> rules()[0].reason
        'all_or_none_of_the_above'
    """
    return read_rules(load_data("opening.yaml"))


def read_rules(data: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules that parsed data holds, each field as one pattern.

    Raises:
        ValueError: a rule is not as `data/opening.yaml` says; the message names it.

    Example:
        >>> rules = [{"reason": "pets", "asked": "my <pet>"}]
        >>> read_rules({"words": {"pet": "cat dog"}, "rules": rules})[0].asked
        '(?s)my[\\\\s\\\\p{Z}*]+(?:cat|dog)'
    """
    found = tuple(_rule(entry, data["words"]) for entry in data["rules"])
    if len({rule.reason for rule in found}) < len(found):
        raise ValueError(f"two rules have the same reason: {[rule.reason for rule in found]}")
    return found


def _rule(entry: Mapping[str, str], words: Mapping[str, str]) -> Rule:
    reason = entry.get("reason", "")
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", reason):
        raise ValueError(f"reason {reason!r} is not in snake_case")
    given = {name: lines for name, lines in entry.items() if name != "reason"}
    if unknown := given.keys() - set(FIELDS):
        raise ValueError(f"rule {reason!r} has unknown fields: {sorted(unknown)}")
    if not any(lines.strip() for name, lines in given.items() if not name.startswith(UNLESS)):
        raise ValueError(f"rule {reason!r} has no pattern that must match")
    return Rule(reason, **{name: _pattern(reason, name, lines, words) for name, lines in given.items()})


def _pattern(reason: str, name: str, lines: str, words: Mapping[str, str]) -> str:
    pattern = "|".join(lines.split("\n")).strip("|")
    for word, alternatives in words.items():
        pattern = pattern.replace(f"<{word}>", f"(?:{'|'.join(alternatives.split())})")
    if unknown := re.findall(r"<[a-z]+>", pattern):
        raise ValueError(f"rule {reason!r} uses unknown words: {unknown}")
    flags = "(?m)" if name == "options" else "(?s)"
    pattern = flags + pattern.replace(" ", SPACE)
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise ValueError(f"rule {reason!r}, {name}: {error}") from error
    return pattern


def needs_options(
    questions: pa.StringArray, options: pa.ListArray, answers: pa.StringArray
) -> pa.StringArray:
    """Return why each question can't be asked without its options, null where it can.

    Args:
        questions: without their options; the reason of a null is null.
        options: lists of texts.
        answers: the text of each question's right option.

    Example:
        >>> questions = pa.array(["Which of these is a fruit?", "What is the capital of France?"])
        >>> options = pa.array([["apple", "stone"], ["Paris", "Rome"]])
        >>> needs_options(questions, options, pa.array(["apple", "Paris"])).to_pylist()
        ['which_of_the_following', None]
    """
    whole, answer = tidy(questions), tidy(answers)
    lines = pc.binary_join(tidy_list(options), "\n")
    texts = {"question": whole, "asked": _asked(whole), "options": lines, "answer": answer}
    reasons = pa.nulls(len(questions), pa.string())
    for rule in rules():
        found = pc.if_else(_applies(rule, texts), rule.reason, pa.scalar(None, pa.string()))
        reasons = pc.coalesce(reasons, found)
    return pc.if_else(pc.is_valid(questions), reasons, pa.scalar(None, pa.string()))


def _asked(questions: pa.StringArray) -> pa.StringArray:
    """Return each text's last question, or its last sentence if more than a remark is behind the question."""
    without_remark = pc.replace_substring_regex(questions, r"[^?]*$", "")
    asks = pc.match_substring_regex(questions, REMARK)
    return pc.replace_substring_regex(pc.if_else(asks, without_remark, questions), SENTENCE, "")


def _applies(rule: Rule, texts: Mapping[str, pa.StringArray]) -> pa.BooleanArray:
    met: pa.BooleanArray = pa.scalar(True)
    for name, pattern in rule.patterns().items():
        text = texts[name.removeprefix(UNLESS)]
        matches = pc.fill_null(pc.match_substring_regex(text, pattern, ignore_case=True), False)
        met = pc.and_(met, pc.invert(matches) if name.startswith(UNLESS) else matches)
    return met
