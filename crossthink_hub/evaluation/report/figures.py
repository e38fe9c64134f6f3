"""The paper's figures 1 and 3 to 7, drawn of runs; where it prints numbers, they are marked beside ours."""

from collections.abc import Callable, Iterable, Sequence

from crossthink_hub.evaluation.published import OWN, Row, published
from crossthink_hub.evaluation.report.blocks import Picture
from crossthink_hub.evaluation.report.cells import TITLES, percent
from crossthink_hub.evaluation.report.chart import MOST, Bar, Chart, Group
from crossthink_hub.evaluation.report.lengths import CATEGORIES, CORRECT, KINDS, WRONG, lengths, mean_lengths
from crossthink_hub.evaluation.report.lying_bars import lying_bars
from crossthink_hub.evaluation.report.runs import (
    benchmarks_of,
    estimates,
    lacking,
    untrained_name,
)
from crossthink_hub.evaluation.report.standing_bars import standing_bars
from crossthink_hub.evaluation.report.subcategories import FIGURES, all_parts, parts
from crossthink_hub.evaluation.results import Results

TOKENS = "tokens"


def accuracy_figure(runs: Sequence[Results]) -> Picture | None:
    """Return figure 1: the accuracy of each run by benchmark, with intervals and the paper's numbers.

    None if no run has a score.
    """
    shown = runs[:MOST]
    groups = tuple(
        Group(TITLES[name], tuple(_accuracy(place, run, name) for place, run in enumerate(shown)))
        for name in benchmarks_of(shown)
    )
    if not groups:
        return None
    below = "percent, with 95 % intervals; lines are the paper's numbers of the same model and config"
    chart = Chart("Accuracy by benchmark", below, _names(shown), groups, "accuracy (%)", decimals=1)
    lacks = [
        f"{run.name}: no score on {TITLES[name]} ({lacking(run, name)})."
        for run in shown
        for name in benchmarks_of(shown)
        if name not in estimates(run)
    ]
    said = "; ".join(_scores_in_words(run) for run in shown)
    return _picture(1, "Accuracy by benchmark", chart, standing_bars, said, (*_left_out(runs), *lacks))


def lengths_figure(runs: Sequence[Results]) -> Picture | None:
    """Return figure 3: mean tokens of right answers by benchmark; None if no tokens are known."""
    shown = runs[:MOST]
    names = [name for name in TITLES if any(lengths(run, name, CORRECT) for run in shown)]
    if not names:
        return None
    groups = tuple(
        Group(TITLES[name], tuple(_length(place, run, name) for place, run in enumerate(shown)))
        for name in names
    )
    below = "mean of each benchmark; lines are the numbers that the paper's text gives"
    chart = Chart("Tokens of correct answers", below, _names(shown), groups, TOKENS)
    return _picture(3, "Tokens of correct answers", chart, standing_bars, _in_words(chart), _left_out(runs))


def wrong_lengths_figure(runs: Sequence[Results]) -> Picture | None:
    """Return figure 4: mean tokens of right and wrong answers by kind of task; None if none are known."""
    shown = runs[:MOST]
    each = (Group(heading, tuple(_pairs(shown, category))) for category, heading in CATEGORIES.items())
    groups = tuple(group for group in each if any(bar.value is not None for bar in group.bars))
    if not groups:
        return None
    below = "means over the benchmarks of a kind of each one's mean"
    chart = Chart("Tokens of correct and of wrong answers", below, _names(shown), groups, TOKENS, kinds=KINDS)
    return _picture(4, chart.title, chart, standing_bars, _in_words(chart), _left_out(runs))


def subcategory_figure(runs: Sequence[Results], benchmark: str) -> Picture | None:
    """Return figure 5, 6 or 7: right answers by sub-category; None if no run has a score."""
    shown = [run for run in runs if parts(run, benchmark)][:MOST]
    groups = tuple(
        Group(
            name.replace("_", " "),
            tuple(_right(place, run, benchmark, name) for place, run in enumerate(shown)),
            max(parts(run, benchmark)[name].questions for run in shown if name in parts(run, benchmark)),
        )
        for name in all_parts(shown, benchmark)
    )
    if not groups:
        return None
    title = f"{TITLES[benchmark]}: correct answers by sub-category"
    below = "counts, on grey the questions; of several answers to a question, their share counts"
    shares = any(bar.value is not None and bar.value % 1 for group in groups for bar in group.bars)
    chart = Chart(title, below, _names(shown), groups, "correct answers", decimals=int(shares))
    number = FIGURES[benchmark]
    return _picture(number, title, chart, lying_bars, _in_words(chart), _left_out(runs, shown))


def _picture(
    number: int,
    title: str,
    chart: Chart,
    draw: Callable[[Chart], bytes],
    said: str,
    notes: Iterable[str],
) -> Picture:
    alt = f"{title}. {said}."
    return Picture(f"figure_{number}", f"Figure {number}: {title}", draw(chart), alt, tuple(notes))


def _names(runs: Iterable[Results]) -> tuple[str, ...]:
    return tuple(run.name for run in runs)


def _left_out(runs: Sequence[Results], shown: Sequence[Results] | None = None) -> tuple[str, ...]:
    """Return which runs are not drawn, in words."""
    drawn = runs[:MOST] if shown is None else shown
    missing = [run.name for run in runs if run not in drawn]
    if not missing:
        return ()
    return (f"Not drawn, at most {MOST} runs with a score are: {', '.join(missing)}.",)


# Bars.


def _accuracy(place: int, run: Results, name: str) -> Bar:
    found, row = estimates(run).get(name), _row(run)
    printed = row.cells[name] if row else None
    if found is None:
        return Bar(place, None)
    mark, doubtful = (printed.value, printed.origin != OWN) if printed else (None, False)
    return Bar(place, 100 * found.value, 100 * found.low, 100 * found.high, mark, doubtful)


def _row(run: Results) -> Row | None:
    return published().reported(untrained_name(run) or "", run.model.config)


def _length(place: int, run: Results, name: str) -> Bar:
    found, row = lengths(run, name, CORRECT), _row(run)
    if found is None:
        return Bar(place, None)
    # Of one model size: what the text says of a config is of the model that table 9 has it of.
    table = published().table(9)
    told = row and any((one.model, one.config) == (row.model, row.config) for one in table.rows.values())
    mark = published().figure(3).values.get(name, {}).get(row.key) if row and told else None
    return Bar(place, found.mean, mark=mark)


def _pairs(runs: Sequence[Results], category: str) -> Iterable[Bar]:
    for place, run in enumerate(runs):
        for kind in KINDS:
            value = mean_lengths(run, category, kind).get("mean")
            yield Bar(place, value, hatched=kind == WRONG)


def _right(place: int, run: Results, benchmark: str, name: str) -> Bar:
    found = parts(run, benchmark).get(name)
    return Bar(place, found.right if found else None)


# Words for who can't see a picture.


def _scores_in_words(run: Results) -> str:
    said = (f"{TITLES[name]} {percent(one.value)}" for name, one in estimates(run).items())
    return f"{run.name}: {', '.join(said) or 'no score'}"


def _in_words(chart: Chart) -> str:
    return "; ".join(f"{group.name}: {_bars_in_words(chart, group)}" for group in chart.groups)


def _bars_in_words(chart: Chart, group: Group) -> str:
    return ", ".join(
        f"{chart.runs[bar.run]}{' wrong' if bar.hatched else ''} "
        f"{'no number' if bar.value is None else chart.text(bar.value)}"
        for bar in group.bars
    )
