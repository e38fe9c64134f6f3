"""From problems to published rows: the one place where a row is put together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import row
from crossthink_hub.build.plan import HELD_OUT
from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.recipe.templates import Template, answer_letters, messages, prompt_texts, solutions
from crossthink_hub.sources.registry import Source


@dataclass(frozen=True)
class Origin:
    """What all rows of a source have in common."""

    source: Source
    facts: SourceFacts
    revision: str | None = None


def render(dealt: pa.Table, origin: Origin, template: Template) -> pa.Table:
    """Return the rows of one source as published.

    Args:
        dealt: problems of the source with `id`, `position` and `repeat`.
        origin: the source.
        template: how its questions are asked and answered.
    """
    count = len(dealt)
    columns = {name: dealt[name].combine_chunks() for name in dealt.column_names}

    def constant(value: str | None) -> pa.Array:
        return pa.array([value], pa.string()).take(pa.array(np.zeros(count, np.int8)))

    source, answers = origin.source, solutions(dealt, template)
    held_out = pc.equal(columns["position"], HELD_OUT)
    meta: Mapping[str, pa.Array] = {
        "index": columns["index"],
        "split": pc.if_else(held_out, "test", "train"),
        "repeat": columns["repeat"],
        "source": constant(source.name),
        "domain": columns["domain"],
        "flags": columns["flags"],
        "question_type": constant(template.question_type),
        "answer_template": constant(template.answer),
        "question": columns["question"],
        "options": columns["options"],
        "answer_letter": answer_letters(dealt),
        "persona": columns["persona"],
        "skills": columns["skills"],
        "licence": constant(source.licence),
        "upstream": pa.StructArray.from_arrays(
            [constant(source.repo), constant(origin.revision), columns["upstream_id"]],
            fields=list(row.UPSTREAM),
        ),
    }
    arrays = {
        "id": columns["id"],
        "data_source": constant(f"crossthink/{source.name}"),
        "prompt": messages(prompt_texts(dealt, template)),
        "solution": answers,
        "reward_model": pa.StructArray.from_arrays([constant("rule"), answers], ["style", "ground_truth"]),
        "ability": constant(origin.facts.category),
        "meta_data": pa.StructArray.from_arrays(
            [meta[field.name] for field in row.META_DATA], fields=list(row.META_DATA)
        ),
    }
    return pa.Table.from_arrays([arrays[name] for name in row.SCHEMA.names], schema=row.SCHEMA)
