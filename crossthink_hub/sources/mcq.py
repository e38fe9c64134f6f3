"""Upstream formats of multiple-choice questions: options and a gold given by index, by label or by text."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import options as opt
from crossthink_hub.problem import problems, tidy, tidy_list
from crossthink_hub.sources.option_lines import split_option_lines, without_note
from crossthink_hub.sources.prompted import only_items, split_gold
from crossthink_hub.sources.shape import Shape, integer, messages, text, texts
from crossthink_hub.texts import Mask

RELABELLED = "relabelled"
EQUAL_OPTIONS = "equal_options"
NOTE = "note_after_options"
OTHERS = "(?:the |these |those )?(?:above|these|those|options|choices)"
OPTION_FLAGS = {
    "none_of_the_above": rf"(?i)\A\W*(?:none|neither) of {OTHERS}\b",
    "all_of_the_above": rf"(?i)\A\W*(?:all|both) of {OTHERS}\b",
}
"""Flags of a question one of whose options speaks of the others, with what such an option begins with."""
OPTION_WITHOUT_TEXT = "option_without_text"


def mcq_problems(
    options: pa.ListArray,
    right: pa.Array,
    gold: pa.Array | None = None,
    flagged: Mapping[str, Mask] = MappingProxyType({}),
    labels_decide: bool = False,
    **columns: Any,
) -> pa.Table:
    """Return multiple-choice problems whose gold is the option at `right`, checked against the gold text.

    Where that is not the option whose text is the gold text, one of the two decides and the row is
    flagged `relabelled`; where no option is the gold text, `answer_index` stays null, and the paper's
    filter drops the row. Equal options and options such as "none of the above" are flagged.

    Args:
        options: the options' texts.
        right: the index of the right option by its label, null where that names none.
        gold: the gold text, null where the upstream gives none.
        flagged: further flags, each with the rows that carry it.
        labels_decide: whether the label decides, where both name an option; else the text.
        columns: the other columns of the problems; `question` and `row` at least.
    """
    options = tidy_list(options)
    answer = named = opt.option_at(options, right)
    answer_index = pc.if_else(pc.is_valid(named), right, None)
    flags = {EQUAL_OPTIONS: opt.has_equal_options(options), **_option_flags(options), **flagged}
    if gold is not None:
        answer = pc.coalesce(tidy(gold), named)
        agrees = pc.fill_null(pc.equal(named, answer), False)
        answer_index = pc.if_else(agrees, right, opt.index_of(options, answer))
        moved = pc.and_(pc.invert(agrees), pc.and_(pc.is_valid(answer_index), pc.is_valid(right)))
        flags = {RELABELLED: moved.to_numpy(zero_copy_only=False), **flags}
        if labels_decide:
            moved = pc.and_(moved, pc.is_valid(named))
            answer, answer_index = pc.if_else(moved, named, answer), pc.if_else(moved, right, answer_index)
    return problems(
        {
            **columns,
            "options": options,
            "answer": answer,
            "answer_index": answer_index,
            "flags": _flag_lists(flags),
        }
    )


def _option_flags(options: pa.ListArray) -> dict[str, Mask]:
    texts = options.flatten()
    row = np.repeat(np.arange(len(options)), pc.list_value_length(options))
    flags = {}
    for flag, begins in OPTION_FLAGS.items():
        flags[flag] = np.zeros(len(options), bool)
        flags[flag][row[pc.match_substring_regex(texts, begins).to_numpy(zero_copy_only=False)]] = True
    return flags


def _flag_lists(flags: Mapping[str, Mask]) -> pa.ListArray:
    """Return for each row the names of its flags that are set, in the order given."""
    grid = np.stack(list(flags.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(grid.sum(axis=1))])
    names = pa.array(list(flags)).take(pa.array(np.nonzero(grid)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)


def _read_indexed(raw: pa.Table) -> pa.Table:
    """Read options in a list, and which is right as a number from 0."""
    columns = {name: raw[name].combine_chunks() for name in raw.column_names}
    options = columns.pop("options")
    return mcq_problems(options, columns.pop("right"), unfit=_without_text(options), **columns)


def _read_labelled(raw: pa.Table) -> pa.Table:
    """Read options in a list, and which is right as a letter from A, a digit from 1, or its text."""
    columns = {name: raw[name].combine_chunks() for name in raw.column_names}
    unfit = _without_text(columns["options"])
    options = tidy_list(columns.pop("options"))
    gold = tidy(columns.pop("gold"))
    digit = pc.if_else(pc.match_substring_regex(gold, r"\A[1-9]\z"), gold, None)
    index, said = _gold(options, pc.if_else(pc.is_valid(digit), None, gold))
    return mcq_problems(options, pc.coalesce(opt.label_index(digit), index), said, unfit=unfit, **columns)


def _without_text(options: pa.ListArray) -> pa.StringArray:
    """Return `OPTION_WITHOUT_TEXT` where an option is null, as what is no text was read; else null."""
    row = np.repeat(np.arange(len(options)), pc.fill_null(pc.list_value_length(options), 0))
    lost = np.zeros(len(options), bool)
    lost[row[pc.is_null(options.flatten()).to_numpy(zero_copy_only=False)]] = True
    return pc.if_else(pa.array(lost), OPTION_WITHOUT_TEXT, pa.scalar(None, pa.string()))


def _read_prompted(raw: pa.Table, labels_decide: bool = False) -> pa.Table:
    """Read a prompt whose options stand in lines, and a gold such as `F: text`."""
    columns = {name: raw[name].combine_chunks() for name in raw.column_names}
    questions, options = split_option_lines(columns["question"])
    options, noted = without_note(tidy_list(options))
    gold, unfit = only_items(columns["gold"])
    return mcq_problems(
        options,
        *_gold(options, tidy(gold)),
        {NOTE: noted},
        labels_decide,
        question=questions,
        domain=columns["domain"],
        index=columns["index"],
        upstream_id=columns["id"],
        released_prompt=columns["prompt"],
        released_gold=gold,
        unfit=unfit,
        row=columns["row"],
    )


def _gold(options: pa.ListArray, gold: pa.StringArray) -> tuple[pa.Array, pa.StringArray]:
    """Return which option a gold names by its label, and the text it gives; null where it gives none.

    "E. coli" is a label and a text, or an option's text: it is what is among the options. A letter alone is a
    label, if there is such an option.
    """
    label, said = split_gold(gold)
    index = opt.label_index(label)
    named = opt.option_at(options, index)
    sure = pc.or_kleene(pc.equal(named, said), pc.and_(pc.is_valid(named), pc.is_null(said)))
    doubtful = np.flatnonzero(pc.invert(pc.fill_null(sure, False)))
    some = pa.array(doubtful)
    known = pc.is_valid(opt.index_of(options.take(some), said.take(some)))
    whole = pc.is_valid(opt.index_of(options.take(some), gold.take(some)))
    as_text = np.zeros(len(gold), bool)
    as_text[doubtful] = pc.and_(pc.invert(known), whole).to_numpy(zero_copy_only=False)
    alone = pc.and_(pc.is_valid(index), pc.is_null(said))
    text = pc.if_else(as_text, gold, pc.if_else(alone, None, pc.coalesce(said, gold)))
    return pc.if_else(as_text, None, index), text


def indexed(prefix: str = "") -> Shape:
    """Return the shape of the Hub's `cais/mmlu`; its columns may be nested in one struct column."""
    return Shape(
        {
            "question": text(prefix + "question"),
            "options": texts(prefix + "choices", prefix + "options"),
            "right": integer(prefix + "answer", prefix + "answer_index"),
            "domain": text(prefix + "subject", prefix + "category", required=False),
        },
        _read_indexed,
    )


LABELLED = Shape(
    {
        "question": text("question"),
        "options": texts("choices", "options"),
        "gold": text("answer", "answer_letter", "label"),
        "domain": text("subject", "category", required=False),
    },
    _read_labelled,
)
"""Options in a list, and which is right by label."""

PROMPTED = Shape(
    {
        "prompt": messages("prompt", "messages"),
        "gold": texts("reward_model.ground_truth", "ground_truth", "answer"),
        "domain": text("meta_data.domain", "meta_data.category", required=False),
        "index": integer("meta_data.index", "extra_info.index", required=False),
        "id": text("id", "uuid", required=False),
    },
    _read_prompted,
    instructed=True,
    by_label=partial(_read_prompted, labels_decide=True),
)
"""Rows of the release and of verl: a prompt with the options in lines, and a gold such as `F: text`."""
