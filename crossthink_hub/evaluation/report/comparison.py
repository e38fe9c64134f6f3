"""Two runs question by question: a paired comparison, far sharper than two intervals beside each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.paired import MCNEMAR, SIGN_FLIP, Comparison, compare, sign_flip
from crossthink_hub.evaluation.report.blocks import Cell, Section, Table, Tone
from crossthink_hub.evaluation.report.cells import TITLES, interval, nothing, percent, points, shown
from crossthink_hub.evaluation.report.runs import distinct
from crossthink_hub.evaluation.results import Results, read_results
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.statistics import LEVEL, Tally, mean_of, score, tally

TESTS = {MCNEMAR: "McNemar, exact", SIGN_FLIP: "sign flip, drawn"}
COLUMNS = ("better", "worse", "p", "p, Holm", "test", "unpaired")
NOTES = (
    "A difference is marked where its p-value, after Holm's correction over all rows but those of all "
    f"benchmarks, is below {1 - LEVEL:.2f}. Intervals (95 %) are not corrected.",
    "All: the mean of the benchmarks' differences, each with the same weight; its p-value is of the signs of "
    "all questions' differences, drawn at random.",
    "Better and worse: questions that the first run answers rightly more often, or less often. Unpaired: "
    "questions that only one of both has a graded answer to; they don't count.",
    "Each question weighs the same, in AGIEval too, where the score tables weigh tasks the same.",
)


@dataclass(frozen=True)
class Pair:
    """A benchmark in one pass of two runs, on the questions that both have."""

    benchmark: str
    run: str
    one: Tally
    other: Tally
    found: Comparison


def comparison(one: RunFolder, other: RunFolder) -> Section:
    """Return how one run differs from another, on the same questions of each benchmark that both have.

    Args:
        one: whose differences are told.
        other: from this one.

    Raises:
        UsageError: they have no benchmark and pass in common.
        FolderError: results or verdicts can't be read.
    """
    first, second = distinct([read_results(one.path), read_results(other.path)])
    places = list(_shared(first, second))
    if not places:
        raise UsageError(
            f"{first.name} and {second.name} have no benchmark in common, in no pass",
            fix="Compare runs of the same benchmarks.",
        )
    found = (
        _pair(name, run, _tally(one, first.mode, name, run), _tally(other, first.mode, name, run))
        for name, run in places
    )
    pairs = [pair for pair in found if pair]
    apart = [place for place in places if place not in {(pair.benchmark, pair.run) for pair in pairs}]
    rows = (*_rows(pairs), *(_row_apart(*place) for place in apart))
    columns = ("benchmark", "pass", "questions", first.name, second.name, "difference", *COLUMNS)
    title = f"{first.name} beside {second.name}"
    table = Table("comparison", title, columns, rows, NOTES)
    return Section("Comparison", tuple(_said(first, second)), (table,))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values as Holm's procedure corrects them: below a level, all of them hold at it together.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    corrected = [0.0] * len(values)
    least = 0.0
    for number, place in enumerate(order):
        least = max(least, min(1.0, (len(values) - number) * values[place]))
        corrected[place] = least
    return corrected


def _shared(first: Results, second: Results) -> Iterator[tuple[str, str]]:
    for name in TITLES:
        if name in first.benchmarks and name in second.benchmarks:
            passes = second.benchmarks[name].passes
            yield from ((name, run) for run in first.benchmarks[name].passes if run in passes)


def _tally(folder: RunFolder, mode: str, benchmark: str, run: str) -> Tally | None:
    verdicts = folder.verdicts(mode, benchmark)
    graded = verdicts.filter(pc.and_(pc.equal(verdicts["run"], run), pc.is_valid(verdicts["correct"])))
    if not graded.num_rows:
        return None
    return tally(zip(graded["id"].to_pylist(), graded["correct"].to_pylist(), strict=True))


def _pair(benchmark: str, run: str, one: Tally | None, other: Tally | None) -> Pair | None:
    """Return both runs on the questions that both have; None if there are none."""
    if one is None or other is None or not set(one.ids) & set(other.ids):
        return None
    found = compare(one, other)
    ids = set(one.ids) & set(other.ids)
    return Pair(benchmark, run, _of(one, ids), _of(other, ids), found)


def _of(whole: Tally, ids: set[str]) -> Tally:
    """Return the tally of some questions, sorted by id."""
    places = sorted((id, place) for place, id in enumerate(whole.ids) if id in ids)
    chosen = [place for _, place in places]
    return Tally((id for id, _ in places), whole.right[chosen], whole.tries[chosen])


# Rows.


def _rows(pairs: Sequence[Pair]) -> Iterator[tuple[Cell, ...]]:
    corrected = holm([pair.found.p for pair in pairs])
    for pair, p in zip(pairs, corrected, strict=True):
        yield _row(pair, p)
    for run in dict.fromkeys(pair.run for pair in pairs):
        own = [pair for pair in pairs if pair.run == run]
        if len(own) > 1:
            yield _row_of_all(run, own)


def _row(pair: Pair, corrected: float) -> tuple[Cell, ...]:
    found = pair.found
    one, other = score(pair.one), score(pair.other)
    text = points(shown(one.value), shown(other.value))
    return (
        Cell(TITLES[pair.benchmark]),
        Cell(pair.run),
        Cell(f"{len(pair.one):,}"),
        *(Cell(percent(each.value), interval(each)) for each in (one, other)),
        Cell(text, interval(found.difference, "+"), _tone(found.difference.value, corrected)),
        Cell(f"{found.better:,}"),
        Cell(f"{found.worse:,}"),
        Cell(_p(found.p)),
        Cell(_p(corrected)),
        Cell(TESTS[found.test]),
        Cell(f"{len(found.unpaired):,}", tone=Tone.PLAIN if found.unpaired else Tone.MUTED),
    )


def _row_of_all(run: str, pairs: Sequence[Pair]) -> tuple[Cell, ...]:
    one, other = (mean_of([score(getattr(pair, side)) for pair in pairs]) for side in ("one", "other"))
    difference = mean_of([pair.found.difference for pair in pairs])
    total = sum(len(pair.one) for pair in pairs)
    # Each question as heavy as it is in the mean of means; the factor keeps sums far above rounding.
    signs = np.concatenate([(pair.one.rates - pair.other.rates) * total / len(pair.one) for pair in pairs])
    p = sign_flip(signs.round(9))
    text = points(shown(one.value), shown(other.value))
    return (
        Cell("all", f"{len(pairs)} benchmarks"),
        Cell(run),
        Cell(f"{total:,}"),
        *(Cell(percent(each.value), interval(each)) for each in (one, other)),
        Cell(text, interval(difference, "+"), _tone(difference.value, p)),
        Cell(f"{sum(pair.found.better for pair in pairs):,}"),
        Cell(f"{sum(pair.found.worse for pair in pairs):,}"),
        Cell(_p(p)),
        nothing("one test, so there is nothing to correct"),
        Cell(TESTS[SIGN_FLIP]),
        Cell(f"{sum(len(pair.found.unpaired) for pair in pairs):,}"),
    )


def _row_apart(benchmark: str, run: str) -> tuple[Cell, ...]:
    why = "no graded question is in both"
    return (Cell(TITLES[benchmark]), Cell(run), Cell("0", why), *[nothing(why)] * (3 + len(COLUMNS)))


def _tone(difference: float, p: float) -> Tone:
    if p >= 1 - LEVEL or not difference:
        return Tone.PLAIN
    return Tone.GOOD if difference > 0 else Tone.BAD


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


# What differs but for the models.


def _said(first: Results, second: Results) -> Iterator[str]:
    yield (
        f"Differences are {first.name} less {second.name}, in points of percent, on the questions that both "
        f"have a graded answer to, by the mode {first.mode}."
    )
    for run, beside in ((first, second), (second, first)):
        alone = [TITLES[name] for name in run.benchmarks if name not in beside.benchmarks]
        if alone:
            yield f"Only {run.name} has {', '.join(alone)}."
    facts = {
        "mode of its own tables": (first.mode, second.mode),
        "answer form": (first.model.answer, second.model.answer),
        "seed": (first.seed, second.seed),
        "prompt profile": (first.profile.get("name"), second.profile.get("name")),
    }
    for fact, (one, other) in facts.items():
        if one != other:
            yield f"Their {fact} differs: {_word(one)} and {_word(other)}."
    for name, (one, other) in _samplings(first, second).items():
        if one != other:
            yield f"Their sampling of the pass {name} differs: {one} and {other}."
    yield from _differing_rows(first, second)


def _samplings(first: Results, second: Results) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return how the passes that both have were sampled, by name."""
    one, other = (
        {name: dict(found.sampling) for one in run.benchmarks.values() for name, found in one.passes.items()}
        for run in (first, second)
    )
    return {name: (one[name], other[name]) for name in one if name in other}


def _word(value: object) -> str:
    return "none" if value is None else str(value)


def _differing_rows(first: Results, second: Results) -> Iterator[str]:
    for name in TITLES:
        if name in first.benchmarks and name in second.benchmarks:
            one, other = first.benchmarks[name], second.benchmarks[name]
            if one.row_digest != other.row_digest:
                yield (
                    f"{TITLES[name]}: its rows differ ({one.row_digest[:8]} and {other.row_digest[:8]}): "
                    "another revision, or other files. Questions are paired by what they ask and answer."
                )
            # An endpoint's prompts are known as messages, those of vLLM as tokens.
            alike = first.engine["name"] == second.engine["name"]
            if alike and one.prompt_digest != other.prompt_digest:
                yield f"{TITLES[name]}: the prompts differ, as the models saw them."
