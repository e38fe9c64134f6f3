"""Prompts of trainers' rows (the release's, verl's): the question that the user asks, and the gold answer."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import tidy

SEVERAL_ANSWERS = "several_answers"
LABELLED_GOLD = r"(?s)\A(?:\((?P<in>[A-Z]{1,2})\)[:.]?|(?P<before>[A-Z]{1,2})[:.)])\s*(?P<text>.+)\z"
"""`(B) text`, `B: text`, `B. text`, `B) text`."""


def user_texts(conversations: pa.ListArray) -> pa.StringArray:
    """Return what the user says last in each conversation, null where nothing is said.

    Example:
        >>> from crossthink_hub.row import MESSAGES
        >>> said = [[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "1+1?"}], []]
        >>> user_texts(pa.array(said, MESSAGES)).to_pylist()
        ['1+1?', None]
    """
    lengths = pc.fill_null(pc.list_value_length(conversations), 0).to_numpy(zero_copy_only=False)
    parents = np.repeat(np.arange(len(conversations)), lengths)
    spoken = conversations.flatten()
    users = np.flatnonzero(
        pc.fill_null(pc.equal(pc.struct_field(spoken, "role"), "user"), False).to_numpy(zero_copy_only=False)
    )
    last = np.full(len(conversations), -1)
    last[parents[users]] = users  # in order: the last one stays
    return tidy(pc.struct_field(spoken, "content").take(pa.array(last, mask=last < 0)))


def only_items(golds: pa.ListArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Return the one text in each list, null where there is none, and why it is unfit: there are several.

    Example:
        >>> text, unfit = only_items(pa.array([["a"], ["a", "b"], [], None]))
        >>> text.to_pylist(), unfit.to_pylist()
        (['a', None, None, None], [None, 'several_answers', None, None])
    """
    lengths = pc.fill_null(pc.list_value_length(golds), 0)
    single = pc.if_else(pc.equal(lengths, 1), golds, None)
    places = np.cumsum(lengths.to_numpy(zero_copy_only=False)) - 1
    text = golds.flatten().take(pa.array(places, mask=~pc.is_valid(single).to_numpy(zero_copy_only=False)))
    return text, pc.if_else(pc.greater(lengths, 1), SEVERAL_ANSWERS, pa.scalar(None, pa.string()))


def split_gold(gold: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Return the label in front of each gold answer and the text after it; null where there is none.

    Example:
        >>> label, text = split_gold(pa.array(["B: two", "(C) three", "D", "two words"]))
        >>> label.to_pylist(), text.to_pylist()
        (['B', 'C', 'D', None], ['two', 'three', None, None])
    """
    parts = pc.extract_regex(gold, LABELLED_GOLD)
    inside, before = (_not_empty(pc.struct_field(parts, name)) for name in ("in", "before"))
    alone = pc.if_else(pc.match_substring_regex(gold, r"\A\(?[A-Z]{1,2}\)?[:.)]?\z"), gold, None)
    bare = pc.utf8_trim(alone, characters="().:")
    return pc.coalesce(inside, before, bare), pc.struct_field(parts, "text")


def _not_empty(text: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(text, ""), None, text)
