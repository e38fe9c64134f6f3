r"""Multiple choice: which option an answer names, by its letter, its text or both."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crossthink_hub.grading.claims import claim_spans, claims
from crossthink_hub.grading.formula.notation import mend
from crossthink_hub.grading.response import closing_brace
from crossthink_hub.grading.verdict import Span, Status
from crossthink_hub.grading.wording import has_phrase, unwrapped, wording, words

Same = Callable[[str, str], bool]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REMEMBERED = 4096
"""Answers and options whose reading is kept: a question is graded by several modes, and asked often."""
UNKNOWN = 10
"""As many letters are options where it is not known how many there are."""
ALONE = re.compile(r"(?:(?i:option|choice|answer)\s*:?\s*)?[(\[（{]?\s*([A-Za-z])\s*[)\]）}]?\s*[.:,;。]?")
LABELLED = re.compile(
    r"(?s)(?:(?i:option|choice)\s+)?(?:[(\[（{]\s*(?P<in>[A-Z])\s*[)\]）}]\s*[.:,]?|(?P<before>[A-Z])\s*[.:)\]])"
    r"\s*(?P<text>(?!(?:[\^_=+*/<>()]|\\(?:cup|cap|in|to|setminus|subset|times|cdot|leq?|geq?)\b))\S.*)"
)
OWN_LABEL = re.compile(r"(?s)(?:\(([A-Z])\)|([A-Z])[.:)])\s*(\S.*)")
LETTER = re.compile(r"[(\[]?([A-Z])[)\]]?\.?")
BETWEEN = re.compile(r"\s*(?:[,;/&+、，]|\band\b|\bor\b|\bund\b)\s*|\s+")
GLUED = re.compile(r"(?=[A-Z]{2,}\Z)A?B?C?D?E?F?G?H?I?J?")
"""Letters of several options without anything between them."""
SECOND_LABEL = re.compile(r"\([B-Z]\)|(?:\A|\s)[B-Z][.:)](?=\s)|(?:,|\s|\[)\(?[B-Z][)\]]?\s*\Z")
CLAIMED = re.compile(
    r"""[\s"'“*(\[（]*(?:option\s+|choice\s+)?[(\[（*"'“]*([A-Z])(?![A-Za-z'’])(?P<rest>.*)""", re.DOTALL
)
ANOTHER = re.compile(
    r"""[\s)\]*"'”]*(?:(?:,|，|;|or|and|through|to|[/&+-])\s*)?["'“(\[]*[A-Z](?![A-Za-z'’])"""
)
FIRST = re.compile(r"\s*[(\[*]*([A-Z])(?:[)\]*.:,。]|(?=[^\x00-\x7f])|\s*\Z)")
ASIDE = re.compile(r"[\s)\]*]*[,，]?\s*(?:not|because|since|as|因为|是)\b")
TURNED = re.compile(r"(?i)[\s)\]*]*(?:\?|(?:is|was)\s+(?:wrong|not|incorrect|false)|isn['’]t|,?\s*but\b)")
"""What after a letter takes it back."""
PLAIN_WORD = re.compile(r"\s+(?!is\b|was\b)[a-z]{2,}")
EXTRA_WORDS = 3
"""How many words more than the ground truth's a text beside its letter may have, if options are not known."""
EXACT = re.compile(r"[\d\\^=]")
"""Numbers and formulas have no paraphrase."""
DENIAL = re.compile(r"(?i)\b(?:not|cannot|no|never|or|wrong|incorrect|false)\b|n['’]t\b")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an answer names: the letter, the text, or several letters at once."""

    letter: str | None = None
    text: str | None = None
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an answer is right, the outcome by name, and in words."""

    correct: bool | None
    status: Status
    why: str


def read_choice(answer: str, count: int = UNKNOWN) -> Choice:
    r"""Return which option an answer names.

    Args:
        answer: what was boxed, or a ground truth.
        count: how many options there are.

    Example:
        >>> read_choice("B. because it floats")
        Choice(letter='B', text='because it floats', several=())
        >>> read_choice(r"\text{(E)}").letter, read_choice("The answer is B").letter
        ('E', 'B')
        >>> read_choice("A or B").several
        ('A', 'B')
    """
    text = unwrapped(mend(answer)).strip(" \"'")
    if text.startswith("{") and closing_brace(text, 1) == len(text) - 1:
        text = text[1:-1].strip()
    letters = LETTERS[:count]
    if (alone := ALONE.fullmatch(text)) and alone[1].upper() in letters:
        return Choice(alone[1].upper())
    if named := _several(text, letters):
        return Choice(several=named) if len(set(named)) > 1 else Choice(named[0])
    labelled = LABELLED.fullmatch(text)
    if labelled and (letter := labelled["in"] or labelled["before"]) in letters:
        second = (letter, "…") if SECOND_LABEL.search(labelled["text"]) else ()
        return Choice(letter, labelled["text"], second)
    said = claims(text)
    return _claimed_choice(said[-1], count) if said else Choice(text=text)


def _several(text: str, letters: str) -> tuple[str, ...]:
    """Return the letters of a text that is nothing but letters of options."""
    if GLUED.fullmatch(text) and len(letters) < UNKNOWN and set(text) <= set(letters):
        return tuple(text)
    parts = [part for part in BETWEEN.split(text) if part]
    named = [match[1] for match in map(LETTER.fullmatch, parts) if match]
    return tuple(named) if len(named) == len(parts) > 1 and set(named) <= set(letters) else ()


def _claimed_choice(said: str, count: int) -> Choice:
    """Return the option that a sentence about the answer names: one letter, and no other anywhere."""
    if ALONE.fullmatch(said) or LABELLED.fullmatch(said) or _several(said, LETTERS[:count]):
        return read_choice(said, count)
    letter = _claimed(said, count)
    others = re.findall(r"(?<![A-Za-z'’])[B-J](?![A-Za-z'’])", said)
    if letter and set(others) - {letter}:
        return Choice(several=(letter, *others))
    return Choice(letter) if letter else Choice(text=said)


def _claimed(said: str, count: int) -> str | None:
    """Return the letter that a sentence begins with, unless it goes on to another or takes it back."""
    found = CLAIMED.match(said)
    if not found or found[1] not in LETTERS[:count] or TURNED.match(found["rest"]):
        return None
    rest = found["rest"]
    if (
        found[1] in "AI"
        and PLAIN_WORD.match(rest)
        and not ASIDE.match(rest)
        and not rest.strip().startswith("is ")
    ):
        return None  # an article, or a person
    return found[1] if ASIDE.match(rest) or not ANOTHER.match(rest) else None


def letter_in_prose(text: str, count: int = UNKNOWN) -> Span | None:
    """Return where the letter stands that a response without a box gives: last claimed, or at its beginning.

    Example:
        >>> for text in ("The answer is (C), not A.", "ANSWER: A B C are plausible", "D. it can't be A"):
        ...     span = letter_in_prose(text)
        ...     print(span and text[slice(*span)])
        C
        None
        D
    """
    for begin, end in reversed(claim_spans(text)):
        said = text[begin:end]
        if found := CLAIMED.match(said):
            return (begin + found.start(1), begin + found.end(1)) if _claimed(said, count) else None
    first = FIRST.match(text)
    return first.span(1) if first and first[1] in LETTERS[:count] else None


@lru_cache(maxsize=REMEMBERED)
def option_texts(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of options, without the labels if each has its own.

    Example:
        >>> option_texts(("(A) Mars", "(B) Venus")), option_texts(("A", "B"))
        (('Mars', 'Venus'), ('A', 'B'))
    """
    labelled = [LABELLED.fullmatch(unwrapped(option)) for option in options]
    found = [match and (match["in"] or match["before"]) for match in labelled]
    if found == list(LETTERS[: len(options)]):
        return tuple(match["text"] if match else "" for match in labelled)
    return options


def judge_choice(
    answer: str, gold: str, options: Sequence[str] | None, by_letter: bool, same: Same
) -> Judgement:
    """Return whether an answer names the option that the ground truth names.

    Args:
        answer: what was boxed.
        gold: `(A) text`, `A: text`, a letter, several letters, or an option's text.
        options: the texts of the options, if known.
        by_letter: whether the letter alone decides where a text is like no option's.
        same: tells whether two texts are equal.
    """
    texts = option_texts(tuple(options)) if options else ()
    right = _read(gold, texts)
    if right.several and "…" not in right.several:
        return _judge_several(read_choice(answer, len(texts) or UNKNOWN), right.several)
    letter, text = _gold_option(right, texts, same)
    if letter is None and text is None:
        return Judgement(None, Status.GOLD_UNGRADABLE, f"the ground truth names none of {len(texts)} options")
    return _judge(_read(answer, texts), letter, text, texts, by_letter, same)


def names_no_option(gold: str, options: Sequence[str], same: Same) -> bool:
    """Return whether a ground truth is the letter or the text of no option.

    Example:
        >>> names_no_option("(C) Mars", ["Mars", "Venus"], str.__eq__)
        True
    """
    texts = option_texts(tuple(options))
    right = _read(gold, texts)
    return not right.several and _gold_option(right, texts, same) == (None, None)


@lru_cache(maxsize=REMEMBERED)
def _read(answer: str, texts: tuple[str, ...]) -> Choice:
    """Return which option an answer names; an option word for word is that option, whatever it looks like."""
    if own := _with_own_label(answer, texts):
        return own
    for spelled in (unwrapped, wording):
        whole = spelled(answer)
        if len(whole) > 1 and [spelled(text) for text in texts].count(whole) == 1:
            return Choice(text=answer)
    return read_choice(answer, len(texts) or UNKNOWN)


def _with_own_label(answer: str, texts: Sequence[str]) -> Choice | None:
    """Return the option whose letter and text an answer has word for word, whatever the text looks like."""
    found = OWN_LABEL.fullmatch(answer.strip())
    place = LETTERS.index(found[1] or found[2]) if found else len(texts)
    if found and place < len(texts) and _word_for_word(found[3], texts[place]):
        return Choice(LETTERS[place], texts[place])
    return None


def _word_for_word(one: str, other: str) -> bool:
    return one.split() == other.split()


def _gold_option(gold: Choice, texts: Sequence[str], same: Same) -> tuple[str | None, str | None]:
    if gold.letter and texts:
        place = LETTERS.index(gold.letter)
        return (gold.letter, texts[place]) if place < len(texts) else (None, None)
    if gold.text and not gold.letter and texts:
        places = [place for place, text in enumerate(texts) if same(text, gold.text)]
        return (LETTERS[places[0] : places[0] + 1] or None, texts[places[0]]) if places else (None, None)
    return gold.letter, gold.text


def _judge_several(given: Choice, right: Sequence[str]) -> Judgement:
    """Compare the sets of letters of a question with several right options."""
    letters = set(given.several or filter(None, (given.letter,)))
    ok = letters == set(right)
    return Judgement(
        ok, Status.CORRECT if ok else Status.WRONG, f"options {sorted(letters)} of {sorted(right)}"
    )


def _judge(
    given: Choice, letter: str | None, text: str | None, texts: Sequence[str], by_letter: bool, same: Same
) -> Judgement:
    own_text = given.letter and given.text and text and wording(given.text) == wording(text)
    if given.several and not own_text:
        return Judgement(False, Status.AMBIGUOUS, f"several options: {', '.join(given.several)}")
    if given.letter is None:
        return _judge_text(given.text or "", text, texts, same)
    if letter is None:
        return _judge_text(given.text or "", text, texts, same)
    if given.letter != letter:
        own = _is_of(given, texts)  # what it names it names as a whole: no need to ask for its value
        agrees = bool(given.text and text and not own and same(given.text, text))
        status = Status.CONTRADICTION if agrees else Status.WRONG
        return Judgement(False, status, f"letter {given.letter}, not {letter}")
    if given.text and text and not _belongs(given.text, text, texts, by_letter, same):
        return Judgement(False, Status.CONTRADICTION, f"letter {letter} with a text that is not its option's")
    return Judgement(
        True, Status.CORRECT, f"letter {letter}" + (" and its text" if given.text and text else "")
    )


def _is_of(given: Choice, texts: Sequence[str]) -> bool:
    """Tell whether the text beside a letter is its option's, word for word."""
    place = LETTERS.index(given.letter) if given.letter else len(texts)
    return bool(place < len(texts) and given.text and _word_for_word(given.text, texts[place]))


def _judge_text(given: str, text: str | None, texts: Sequence[str], same: Same) -> Judgement:
    """Judge an answer without a letter: the whole text of one option, and of no other."""
    if text is None or not wording(given):
        return Judgement(False, Status.WRONG, "no letter")
    exact = [option for option in texts if unwrapped(option) == unwrapped(given)]
    alike = exact or [option for option in texts if wording(option) == wording(given)]
    if len(alike) == 1:
        right = alike == [text]
        status = Status.CORRECT if right else Status.WRONG
        return Judgement(
            right, status, f"text of {'the right' if right else 'another'} option, word for word"
        )
    if not same(given, text):
        return Judgement(False, Status.WRONG, "neither letter nor text of the right option")
    if sum(same(given, option) for option in texts) > 1:
        return Judgement(False, Status.AMBIGUOUS, "two options have this text")
    return Judgement(True, Status.CORRECT, "text of the right option")


def _belongs(given: str, text: str, texts: Sequence[str], by_letter: bool, same: Same) -> bool:
    """Return whether the text beside a letter is its option's: equal, or closer to it than to any other."""
    if _word_for_word(given, text) or same(given, text):
        return True
    if EXACT.search(given) or EXACT.search(text):
        return False
    others = [option for option in texts if option != text]
    if any(same(given, option) or _mentions(given, option, text) for option in others) or DENIAL.search(
        given
    ):
        return False
    if not texts:
        return has_phrase(given, text) and len(words(given)) <= len(words(text)) + EXTRA_WORDS
    closeness = _overlap(given, text)
    nearest = max((_overlap(given, option) for option in others), default=0.0)
    return closeness > nearest or (by_letter and closeness == nearest == 0)


def _mentions(given: str, option: str, text: str) -> bool:
    return has_phrase(given, option) and not has_phrase(text, option)


def _overlap(given: str, text: str) -> float:
    one, other = words(given), words(text)
    return len(one & other) / (len(one | other) or 1)
