"""Templates: how a problem becomes a prompt and a solution (paper: section 2, and section 5 for answers)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import options as opt
from crossthink_hub.recipe.paper import load_data


@dataclass(frozen=True)
class Template:
    """One way to ask and to answer.

    Attributes:
        question_type: `mcq` or `open`.
        answer: `long` is `(A) text`; `none` leaves the answer as it is.
        instruction: stands in front of every question.
    """

    question_type: str
    answer: str
    instruction: str


@cache
def templates() -> Mapping[str, Template]:
    """Return the templates by name.

    Example:
        >>> templates()["mcq_long"].answer
        'long'
    """
    return MappingProxyType({name: Template(**entry) for name, entry in load_data("templates.yaml").items()})


def prompt_texts(problems: pa.Table, templates: Sequence[Template], chosen: pa.Array) -> pa.Array:
    """Return the user message of each problem: instruction, question and, for multiple choice, options.

    Args:
        problems: with `question` and `options`.
        templates: those in use.
        chosen: index of each problem's template.

    Example:
        >>> from crossthink_hub.problem import problems
        >>> table = problems({"question": pa.array(["1+1?"]), "row": pa.array([0])})
        >>> prompt_texts(table, [Template("open", "none", "Answer.")], pa.array([0])).to_pylist()
        ['Answer.\\n\\n1+1?']
    """
    instructions = pa.array([template.instruction for template in templates]).take(chosen)
    shows_options = pa.array([template.question_type == "mcq" for template in templates]).take(chosen)
    options = pc.binary_join(opt.labelled(problems["options"].combine_chunks()), "\n")
    return pc.binary_join_element_wise(
        instructions,
        problems["question"].combine_chunks(),
        pc.if_else(shows_options, options, None),
        "\n\n",
        null_handling="skip",
    )


def solutions(problems: pa.Table, templates: Sequence[Template], chosen: pa.Array) -> pa.Array:
    r"""Return the ground truth of each problem: what is expected inside `\boxed{}`."""
    long = pa.array([template.answer == "long" for template in templates]).take(chosen)
    labels = pc.binary_join_element_wise("(", answer_letters(problems), ") ", "")
    return pc.binary_join_element_wise(pc.if_else(long, labels, ""), problems["answer"].combine_chunks(), "")


def answer_letters(problems: pa.Table) -> pa.Array:
    """Return the letter of the right option, null for an open question."""
    index = problems["answer_index"].combine_chunks()
    most = pc.max(index).as_py()
    letters = [opt.label(i) for i in range(0 if most is None else most + 1)]
    return pa.array(letters, pa.string()).take(index)


def messages(texts: pa.Array) -> pa.ListArray:
    """Return each text as a conversation of one user message.

    Example:
        >>> messages(pa.array(["Hi"])).to_pylist()
        [[{'role': 'user', 'content': 'Hi'}]]
    """
    role = pa.array(["user"]).take(pa.array(np.zeros(len(texts), np.int8)))
    return pa.ListArray.from_arrays(
        pa.array(np.arange(len(texts) + 1, dtype=np.int32)),
        pa.StructArray.from_arrays([role, texts], ["role", "content"]),
    )
