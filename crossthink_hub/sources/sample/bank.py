"""The facts and computed questions that multiple choice and open questions share, no question in both."""

from collections.abc import Iterable, Mapping
from functools import cache
from random import Random
from typing import Any, NamedTuple

from crossthink_hub.sources.sample.drawing import Draw, draws, fill, load, near
from crossthink_hub.sources.sample.general_rules import RULES

MOST_WORDS = 10
"""The longest answer of an open question (paper: |w(a*)| <= 10)."""

_CHOICE_DRAWS, _OPEN_DRAWS = 5, 6
_DIRECT = (0, 2)
"""Of five terms in a row, those that multiple choice defines twice and an open question asks for."""
_YEARS_APART = 40


class Fact(NamedTuple):
    """A question, its answer and what would be wrong."""

    question: str
    answer: str
    wrong: list[str]
    subject: str = ""


class Bank(NamedTuple):
    """What there is to ask: with options, openly, and openly with a whole sentence for an answer."""

    choice: list[Fact]
    open: list[Fact]
    explain: list[Fact]


@cache
def bank() -> Bank:
    """Return all facts, each time the same."""
    found = Bank([], [], [])
    _add_computed(load("general.yaml"), found)
    _add_terms(load("glossary.yaml"), found)
    for topic in load("pairs.yaml"):
        _add_pairs(topic, found)
    found.open[:] = [fact for fact in found.open if len(fact.answer.split()) <= MOST_WORDS]
    return found


def _add_computed(families: Mapping[str, Any], found: Bank) -> None:
    rng = Random("computed")
    for rule, family in families.items():
        drawn = draws(family["draw"], RULES[rule], _CHOICE_DRAWS + _OPEN_DRAWS, rng)
        half = len(drawn) * _CHOICE_DRAWS // (_CHOICE_DRAWS + _OPEN_DRAWS)
        found.choice.extend(computed(family, "choice", drawn[:half]))
        found.open.extend(computed(family, "open", drawn[half:]))


def computed(family: Mapping[str, Any], kind: str, drawn: list[Draw]) -> Iterable[Fact]:
    """Ask with the wordings of one kind for what the rule made of the values drawn."""
    wordings, unit = family[kind], family.get("unit", "")
    for place, draw in enumerate(drawn):
        question = fill(wordings[place % len(wordings)], draw.values)
        options = draw.answer if isinstance(draw.answer, list) else [draw.answer, *near(draw.answer)]
        right, *wrong = [f"{option} {unit}".rstrip() for option in options]
        yield Fact(question, right, wrong, family.get("subject", ""))


def _add_terms(glossary: Mapping[str, Any], found: Bank) -> None:
    for topic in glossary["topics"]:
        for place in range(len(topic["terms"])):
            lean, direct, back, explain = (
                _on_term(glossary, topic, place, kind) for kind in ("lean", "direct", "back", "explain")
            )
            twice = place % 5 in _DIRECT
            found.choice.extend([lean, direct] if twice else [lean, back])
            found.open.extend([back] if twice else [])
            found.explain.append(explain)


def _on_term(glossary: Mapping[str, Any], topic: Mapping[str, Any], place: int, kind: str) -> Fact:
    """Ask for the meaning of a term, or for the term if the kind is `back`."""
    terms, wordings = topic["terms"], glossary[kind]
    term, meaning = list(terms.items())[place]
    gaps = {"field": topic["field"], "term": term, "meaning": meaning}
    options = [_capital(text) for text in (terms if kind == "back" else terms.values())]
    question = fill(wordings[place % len(wordings)], gaps)
    return Fact(question, options[place], _without(options, options[place]), topic["field"])


def _add_pairs(topic: Mapping[str, Any], found: Bank) -> None:
    there = list(paired(topic, "ask"))
    back = list(paired(topic, "back"))
    found.choice.extend(there[::2] + back[1::2] + list(paired(topic, "choose"))[1::2])
    found.open.extend(there[1::2] + back[::2])
    if "apart" in topic:
        found.open.extend(_years_apart(topic))


def paired(topic: Mapping[str, Any], kind: str) -> Iterable[Fact]:
    """Ask for the second thing of each pair with the wordings `ask`, for the first one with all others."""
    pairs = topic["pairs"].items() if kind == "ask" else [(b, a) for a, b in topic["pairs"].items()]
    answers = list(dict.fromkeys(_capital(answer) for _, answer in pairs))
    for place, (given, answer) in enumerate(pairs):
        if wordings := topic.get(kind):
            question = fill(wordings[place % len(wordings)], {"it": given})
            right = _capital(answer)
            yield Fact(question, right, _without(answers, right), topic.get("subject", ""))


def _years_apart(topic: Mapping[str, Any]) -> Iterable[Fact]:
    """Ask how long after each other events took place."""
    rng = Random("years apart")
    events = sorted(topic["pairs"].items(), key=lambda event: int(event[1]))
    spans = [(first, later) for place, first in enumerate(events) for later in events[place + 2 :]]
    for (first, start), (later, end) in rng.sample(spans, _YEARS_APART):
        question = fill(topic["apart"], {"first": first, "later": later})
        yield Fact(question, f"{int(end) - int(start)} years", [], topic["subject"])


def _without(options: list[str], right: str) -> list[str]:
    return [option for option in options if option != right]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
