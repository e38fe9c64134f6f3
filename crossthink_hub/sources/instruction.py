"""The instruction around a question in a prompt: found as the text common to most rows, and taken off.

Nothing of an instruction is written down here, so a redistributor's other words are found too.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import tidy

BOUNDARY = re.compile(r"(?<=[.!?:])\s+|(?<!\s)\s*\n\s*")
"""Where a sentence or a line ends: an instruction begins and ends at one. No search begins inside white
space, or a million spaces would take forever."""
LABEL = re.compile(r"\s*\(?[A-Z]{1,2}[:.)]")
"""What an option begins with: many questions may have the same last one."""
MOST_BOUNDARIES = 8
"""How many sentences and lines from its start or end an instruction may reach into a prompt,"""
LONGEST = 10_000
"""and how many characters."""
FEWEST = 3
"""So many rows must share a text,"""
FEWEST_OF_THE_REST = 20
"""and so many if other rows share another one."""


@dataclass(frozen=True)
class Instruction:
    """Texts that stand before and after the questions of a source."""

    heads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """All of them, without the white space around them."""
        return [text.strip() for text in (*self.heads, *self.tails)]


def find_instruction(prompts: Sequence[str]) -> Instruction:
    r"""Return what most prompts begin and end with; then, of those that don't, what most of them do.

    Args:
        prompts: a sample of a source's prompts, with the white space around them removed.

    Example:
        >>> asked = [f"Solve this. Think hard.\n{n} + {n}?\n\nEnd with a number." for n in range(5)]
        >>> find_instruction(asked)
        Instruction(heads=('Solve this. Think hard.\n',), tails=('\n\nEnd with a number.',))
    """
    prompts = list(dict.fromkeys(prompts))  # equal ones share all of their text
    heads = _common(prompts, _heads, str.startswith)
    bare = [_without(prompt, heads, ()) for prompt in prompts]
    return Instruction(heads, _common(bare, _tails, str.endswith))


def _common(
    prompts: Sequence[str],
    candidates: Callable[[str], list[str]],
    has: Callable[[str, str], bool],
) -> tuple[str, ...]:
    found: list[str] = []
    rest = list(prompts)
    while len(rest) >= (FEWEST_OF_THE_REST if found else FEWEST):
        counts = Counter(text for prompt in rest for text in candidates(prompt))
        shared = [text for text, count in counts.items() if count > len(rest) / 2 and count >= FEWEST]
        if not shared:
            break
        found.append(max(shared, key=lambda text: (len(text), text)))
        rest = [prompt for prompt in rest if not has(prompt, found[-1])]
    return tuple(found)


def _heads(prompt: str) -> list[str]:
    ends = [mark.end() for mark, _ in zip(BOUNDARY.finditer(prompt), range(MOST_BOUNDARIES), strict=False)]
    return [prompt[:end] for end in ends if end <= LONGEST]


def _tails(prompt: str) -> list[str]:
    starts = [mark.start() for mark in BOUNDARY.finditer(prompt)][-MOST_BOUNDARIES:]
    near = [start for start in starts if len(prompt) - start <= LONGEST]
    return [prompt[start:] for start in near if not _is_option(prompt, start)]


def _is_option(prompt: str, start: int) -> bool:
    """Tell whether what stands from a place on is an option, with its label or behind it."""
    label = LABEL.match(prompt, start)
    before = LABEL.fullmatch(prompt, prompt.rfind("\n", 0, start) + 1, start)
    return bool(before or (label and prompt[label.end() :].strip()))


def _without(prompt: str, heads: Sequence[str], tails: Sequence[str]) -> str:
    head = next((head for head in heads if prompt.startswith(head)), "")
    tail = next((tail for tail in tails if prompt.endswith(tail)), "")
    return prompt[len(head) : len(prompt) - len(tail)]


def take_off(prompts: pa.StringArray, instruction: Instruction) -> pa.StringArray:
    """Return the prompts without the instruction, where they have it.

    Example:
        >>> take_off(pa.array(["Think. 1+1?", "2+2?", None]), Instruction(("Think. ",))).to_pylist()
        ['1+1?', '2+2?', None]
    """
    heads, tails = map(_head_pattern, instruction.heads), map(_tail_pattern, instruction.tails)
    for pattern in ("|".join(heads), "|".join(tails)):
        if pattern:
            prompts = pc.replace_substring_regex(prompts, pattern, "", max_replacements=1)
    return tidy(prompts)


def _head_pattern(head: str) -> str:
    """Return a pattern for a head, whose white space is gone where nothing follows it."""
    text = head.rstrip()
    return rf"\A{_escaped(text)}(?:{head[len(text) :]}|\z)"


def _tail_pattern(tail: str) -> str:
    text = tail.lstrip()
    return rf"(?:{tail[: len(tail) - len(text)]}|\A){_escaped(text)}\z"


def _escaped(text: str) -> str:
    """Return a pattern for exactly this text, in the dialect of RE2."""
    return re.sub(r"([!-/:-@[-^`{-~])", r"\\\1", text)  # it refuses an escaped letter of any alphabet
