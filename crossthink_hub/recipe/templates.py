"""Templates: how a problem becomes a prompt and a solution (paper: section 2, and section 5 for answers)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import options as opt
from crossthink_hub.recipe.configs import OPEN
from crossthink_hub.recipe.paper import SourceFacts, load_data


@dataclass(frozen=True)
class Template:
    """One way to ask and to answer.

    Attributes:
        question_type: `mcq` or `open`.
        answer: `long` is `(A) text`, `short` is `A`, `none` leaves the answer as it is.
        instruction: stands in front of every question.
    """

    question_type: str
    answer: str
    instruction: str


@cache
def templates() -> Mapping[tuple[str, str], Template]:
    """Return the templates by type of question and form of answer.

    Example:
        >>> list(templates())
        [('mcq', 'long'), ('mcq', 'short'), ('open', 'none')]
    """
    return MappingProxyType(
        {
            (question_type, answer): Template(question_type, answer, instruction)
            for question_type, by_answer in load_data("templates.yaml").items()
            for answer, instruction in by_answer.items()
        }
    )


def template(facts: SourceFacts, form: str, answer: str) -> Template:
    """Return the template for the questions of a source.

    Example:
        >>> template(SourceFacts("gpr", "mcq", 10), "open", "long").question_type
        'open'
    """
    if form == OPEN or facts.question_type == "open":
        return templates()["open", "none"]
    return templates()["mcq", answer]


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
    answers = pa.array([template.answer for template in templates]).take(chosen)
    letters = answer_letters(problems["answer_index"].combine_chunks())
    text = problems["answer"].combine_chunks()
    long = pc.binary_join_element_wise("(", letters, ") ", text, "")
    return pc.if_else(pc.equal(answers, "long"), long, pc.if_else(pc.equal(answers, "short"), letters, text))


def answer_letters(index: pa.Array) -> pa.StringArray:
    """Return the letter of each right option, null for an open question.

    Example:
        >>> answer_letters(pa.array([1, None, 26])).to_pylist()
        ['B', None, 'AA']
    """
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
