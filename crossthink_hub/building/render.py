"""From problems to published rows: the one place where a row is put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import row
from crossthink_hub.building.plan import HELD_OUT
from crossthink_hub.building.shuffle import position_in
from crossthink_hub.problem import empty_lists
from crossthink_hub.recipe.configs import OPEN, RELEASED, Config
from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.recipe.templates import answer_letters, messages, prompt_texts, solutions, template
from crossthink_hub.sources.registry import Source


@dataclass(frozen=True)
class Origin:
    """What all rows of a source have in common; `repo` and `revision` say where its files came from."""

    source: Source
    facts: SourceFacts
    repo: str
    revision: str | None = None


def render(dealt: pa.Table, origins: Sequence[Origin], config: Config) -> pa.Table:
    """Return problems as rows of a config.

    Args:
        dealt: problems with `id`, `repeat`, their position in the config's form, and `source`, an index
            into the origins; all of them usable in that form.
        origins: the sources.
        config: says in which form they are asked and answered.

    Returns:
        as many rows, in the same order, with `row.SCHEMA`.
    """
    columns = {name: dealt[name].combine_chunks() for name in dealt.column_names}
    templates = [template(origin.facts, config.form, config.answer) for origin in origins]

    def each(values: Iterable[str | None]) -> pa.Array:
        """Return for each row what belongs to its source."""
        return pa.array(list(values), pa.string()).take(columns["source"])

    def always(value: str) -> pa.Array:
        return each([value] * len(origins))

    released = config.form == RELEASED
    answers = columns["released_gold"] if released else solutions(dealt, templates, columns["source"])
    if config.form == OPEN:
        columns["options"] = empty_lists(len(dealt))
        columns["answer_index"] = pa.nulls(len(dealt), pa.int32())
    meta = {
        **{name: columns[name] for name in ("index", "repeat", "domain", "flags", "question", "options")},
        **{name: columns[name] for name in ("persona", "skills")},
        "split": pc.if_else(pc.equal(columns[position_in(config.form)], HELD_OUT), "test", "train"),
        "source": each(origin.source.name for origin in origins),
        "question_type": each(own.question_type for own in templates),
        "answer_template": each(RELEASED if released else own.answer for own in templates),
        "answer_letter": answer_letters(columns["answer_index"]),
        "licence": each(origin.source.licence for origin in origins),
        "upstream": _struct(
            row.UPSTREAM,
            {
                "repo": each(origin.repo for origin in origins),
                "revision": each(origin.revision for origin in origins),
                "id": columns["upstream_id"],
            },
        ),
    }
    published = {
        "id": columns["id"],
        "data_source": each(f"crossthink/{origin.source.name}" for origin in origins),
        "prompt": columns["released_prompt"]
        if released
        else messages(prompt_texts(dealt, templates, columns["source"])),
        "solution": answers,
        "reward_model": _struct(row.REWARD_MODEL, {"style": always("rule"), "ground_truth": answers}),
        "ability": each(origin.facts.category for origin in origins),
        "meta_data": _struct(row.META_DATA, meta),
    }
    return pa.Table.from_arrays([published[name] for name in row.SCHEMA.names], schema=row.SCHEMA)


def _struct(kind: pa.StructType, columns: Mapping[str, pa.Array]) -> pa.StructArray:
    return pa.StructArray.from_arrays([columns[field.name] for field in kind], fields=list(kind))
