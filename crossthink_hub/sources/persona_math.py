"""Persona-MATH: word problems that the paper's authors synthesized from personas and mathematical skills.

Upstream: `nvidia/Nemotron-CrossThink`, 99,880 of the paper's 100,000 rows. The names under which persona
and skills stand in `meta_data` are not documented, so several are tried; a build says which columns it
did not find.
Paper: NEMOTRON-CROSSTHINK (arXiv 2504.13941).
Licence: CC-BY-4.0; made with Qwen2.5 models, whose licence may bind models trained on it.
"""

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import tidy, tidy_list
from crossthink_hub.sources.open_ended import ANSWERED, PROMPTED
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.shape import Shape, text, texts


def _read_released(raw: pa.Table) -> pa.Table:
    """Read the release: the bare question stands in `meta_data`; where it does not, in the prompt."""
    columns = {name: raw[name].combine_chunks() for name in raw.column_names}
    bare = tidy(columns.pop("bare"))
    columns["question"] = pc.if_else(pc.fill_null(pc.equal(bare, ""), True), columns["question"], bare)
    persona = pc.binary_join(tidy_list(columns["persona"]), ", ")
    columns["persona"] = pc.if_else(pc.equal(persona, ""), None, persona)
    columns["skills"] = _listed(columns["skills"])
    return PROMPTED.problems(pa.table(columns))


def _listed(skills: pa.ListArray) -> pa.ListArray:
    """Return lists of skills without empty ones; one text with commas is a list of them, also in brackets."""
    joined = pc.binary_join(tidy_list(skills), "\n")
    listing = pc.match_substring_regex(joined, r"\A\[[^\n]*\]\z")
    joined = pc.if_else(listing, pc.replace_substring_regex(joined, r"""[\[\]"']""", ""), joined)
    single = pc.fill_null(pc.equal(pc.list_value_length(skills), 1), False)
    split = pc.if_else(single, pc.replace_substring_regex(joined, "[,;]", "\n"), joined)
    listed = tidy(pc.replace_substring_regex(split, r"\s*\n\s*", "\n"))
    return tidy_list(pc.if_else(pc.equal(listed, ""), None, pc.split_pattern(listed, "\n")))


RELEASED = Shape(
    {
        **PROMPTED.columns,
        "bare": text("meta_data.question", "meta_data.problem", required=False),
        "persona": texts(
            "meta_data.persona",
            "meta_data.Persona",
            "meta_data.personas",
            "meta_data.input_persona",
            required=False,
        ),
        "skills": texts(
            "meta_data.skills", "meta_data.skill", "meta_data.Skills", "meta_data.skill_list", required=False
        ),
    },
    _read_released,
    instructed=True,
)

PERSONA_MATH = Source(
    name="persona_math",
    repo="nvidia/Nemotron-CrossThink",
    licence="CC-BY-4.0",
    aliases=("nemotron_crossthink_math", "nvidia/nemotron_crossthink", "nemotron_crossthink"),
    files=("**/*CrossThink-Math*", "**/*Math*", "**/*math*"),
    shapes=(RELEASED, ANSWERED),
)
