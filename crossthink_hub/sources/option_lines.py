"""Options that stand in lines of their own below a question: `A: text`, `B. text` or `(C) text`."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.texts import Bytes, Mask, parts, slices

LINE_END = ord("\n")
MOST_INDENT = 8
"""How many spaces may stand in front of a label."""
MOST_STARTS = 100
"""How many lines labelled A are tried, the last ones of a text."""

Ints: TypeAlias = npt.NDArray[np.int64]


def split_option_lines(texts: pa.StringArray) -> tuple[pa.StringArray, pa.ListArray]:
    r"""Return the question and the options of each text; no options where it has no labelled lines.

    The options begin at a line labelled A and go on in the order of the alphabet; a line between two
    labels belongs to the option above it. Where options stand twice, the first copy is taken out of the
    question. White space around questions and options is left.

    Example:
        >>> questions, options = split_option_lines(pa.array(["Which?\nA: one\nB: two\nlines", "Why?"]))
        >>> questions.to_pylist(), options.to_pylist()
        (['Which?\n', 'Why?'], [[' one\n', ' two\nlines'], []])
    """
    offsets, data = parts(texts)
    rows, ends = len(texts), offsets[1:].astype(np.int64)
    lines = _labelled_lines(data, offsets.astype(np.int64))
    chosen, shortened = _chosen(data, lines, offsets)
    row, begin = lines.row[chosen], lines.begin[chosen]
    stop = ends[row]
    inner = np.flatnonzero(row[1:] == row[:-1])
    stop[inner] = begin[inner + 1]
    counts = np.bincount(row, minlength=rows)
    options = slices(data, lines.text[chosen], stop)
    first = ends.copy()
    first[row[::-1]] = begin[::-1]  # reversed: the first line of each text is written last
    questions = _replaced(slices(data, offsets[:-1], first), shortened)
    return questions, pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)], pa.int32()), options)


def _chosen(data: Bytes, lines: "_Lines", offsets: npt.NDArray[np.int32]) -> tuple[Mask, dict[int, str]]:
    """Return which labelled lines begin options, and the questions that had copies of them, without these."""
    rows = len(offsets) - 1
    chosen = np.zeros(len(lines.row), bool)
    chosen[lines.regular(rows)] = True
    shortened: dict[int, str] = {}
    for own in lines.irregular(rows):
        if runs := lines.longest_runs(own):
            chosen[runs[-1]] = True
            row = int(lines.row[own[0]])
            if question := _without_copies(data, lines, runs, int(offsets[row]), int(offsets[row + 1])):
                shortened[row] = question
    return chosen, shortened


def _replaced(texts: pa.StringArray, by_row: Mapping[int, str]) -> pa.StringArray:
    mask = np.zeros(len(texts), bool)
    mask[list(by_row)] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(list(by_row.values()), pa.string()))


def without_note(options: pa.ListArray) -> tuple[pa.ListArray, Mask]:
    r"""Return the options without a paragraph below the last one, and which rows had such a note.

    It is a note, and not more of the option, where no other option has paragraphs.

    Example:
        >>> noted, had = without_note(pa.array([["one", "two\n\nOne is right."], ["x\n\ny", "z\n\ny"]]))
        >>> noted.to_pylist(), had.tolist()
        ([['one', 'two'], ['x\n\ny', 'z\n\ny']], [True, False])
    """
    lengths = pc.list_value_length(options).to_numpy()
    texts, ends = options.flatten(), np.cumsum(lengths)
    row = np.repeat(np.arange(len(options)), lengths)
    parted = pc.match_substring_regex(texts, r"\n\s*\n").to_numpy(zero_copy_only=False)
    noted = (np.bincount(row[parted], minlength=len(options)) == 1) & (lengths > 1)
    noted[noted] = parted[ends[noted] - 1]
    last = np.zeros(len(texts), bool)
    last[ends[noted] - 1] = True
    if not last.any():
        return options, noted
    cut = pc.replace_substring_regex(texts.filter(pa.array(last)), r"(?s)\s*\n\s*\n.*", "")
    texts = pc.replace_with_mask(texts, pa.array(last), cut)
    return pa.ListArray.from_arrays(pa.array(np.r_[0, ends], pa.int32()), texts), noted


@dataclass(frozen=True)
class _Lines:
    """Lines that begin with a label: of which text, where the line and its text begin, which label from 0."""

    row: Ints
    begin: Ints
    text: Ints
    label: Ints

    def _is_odd(self, rows: int) -> Mask:
        """Tell of each text whether its labels are not just A, B, C, … once."""
        starts = np.searchsorted(self.row, np.arange(rows))
        nth = np.arange(len(self.row)) - starts[self.row]
        odd = np.zeros(rows, bool)
        odd[self.row[self.label != nth]] = True
        odd |= np.diff(np.r_[starts, len(self.row)]) == 1  # one line alone is no list of options
        return odd

    def regular(self, rows: int) -> Ints:
        """Return the lines of the texts whose labels are just A, B, C, … once."""
        return np.flatnonzero(~self._is_odd(rows)[self.row])

    def irregular(self, rows: int) -> Iterator[Ints]:
        """Yield the lines of each other text."""
        for row in np.flatnonzero(self._is_odd(rows)).tolist():
            start, stop = np.searchsorted(self.row, [row, row + 1])
            yield np.arange(start, stop)

    def longest_runs(self, own: Ints) -> list[list[int]]:
        """Return the longest runs A, B, C, … among the lines of one text, each the first of its label."""
        turns: dict[int, list[int]] = {}
        for line, label in zip(own.tolist(), self.label[own].tolist(), strict=True):
            turns.setdefault(label, []).append(line)
        runs = [list(self._run(start, turns)) for start in turns.get(0, [])[-MOST_STARTS:]]
        most = max(map(len, runs), default=0)
        return [run for run in runs if len(run) == most > 1]

    def _run(self, start: int, turns: dict[int, list[int]]) -> Iterator[int]:
        line: int | None = start
        label = 0
        while line is not None:
            yield line
            label += 1
            after = turns.get(label, [])
            place = bisect_right(after, line)
            line = after[place] if place < len(after) else None


def _labelled_lines(data: Bytes, offsets: Ints) -> _Lines:
    begin = np.sort(np.concatenate([offsets[:-1], np.flatnonzero(data == LINE_END) + 1]))
    row = np.searchsorted(offsets, begin, side="right") - 1
    inside = begin < offsets[-1]
    begin, row = begin[inside], row[inside]
    label, text = _labels(data, begin, offsets[row + 1])
    there = label >= 0
    return _Lines(row[there], begin[there], text[there], label[there])


def _labels(data: Bytes, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the label at each place, -1 where there is none, and where the text after it begins."""
    padded = np.concatenate([data, np.full(4, LINE_END, np.uint8)])
    place = begin.copy()
    for _ in range(MOST_INDENT):
        place += (padded[place] == ord(" ")) | (padded[place] == ord("\t"))
    bracket = padded[place] == ord("(")
    place = place + bracket
    one, two = padded[place], padded[place + 1]
    double = _is_letter(two)
    mark_at = place + 1 + double
    mark, after = padded[mark_at], padded[mark_at + 1]
    spaced = (after <= ord(" ")) | (mark_at + 1 >= end)
    plain = (mark == ord(":")) | (((mark == ord(".")) | (mark == ord(")"))) & spaced)
    marked = np.where(bracket, mark == ord(")"), plain) & (mark_at < end)
    first, second = one.astype(np.int64) - ord("A"), two.astype(np.int64) - ord("A")
    label = np.where(double, 26 + 26 * first + second, first)
    return np.where(_is_letter(one) & marked, label, -1), mark_at + 1


def _is_letter(codes: Bytes) -> Mask:
    found: Mask = (codes >= ord("A")) & (codes <= ord("Z"))
    return found


def _without_copies(data: Bytes, lines: _Lines, runs: Sequence[Sequence[int]], start: int, end: int) -> str:
    """Return the question without copies of its options; empty if there are none."""

    def options(run: Sequence[int], stop: int) -> list[str]:
        cuts = [*lines.begin[list(run)].tolist(), stop]
        return [_text(data, a, b) for a, b in zip(lines.text[list(run)].tolist(), cuts[1:], strict=True)]

    shown = options(runs[-1], end)
    kept, place = [], start
    for run, following in pairwise(runs):
        stop = int(lines.begin[following[0]])
        *copy, last = options(run, stop)
        if copy == shown[:-1] and last.startswith(shown[-1]):
            kept += [_text(data, place, int(lines.begin[run[0]])), last.removeprefix(shown[-1]).strip()]
            place = stop
    if not kept:
        return ""
    return "\n".join(filter(None, [*kept, _text(data, place, int(lines.begin[runs[-1][0]]))]))


def _text(data: Bytes, start: int, stop: int) -> str:
    return data[start:stop].tobytes().decode().strip()
