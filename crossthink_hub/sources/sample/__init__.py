"""The embedded sample: made-up rows in the upstream formats of all sources, for a trial without downloads.

Each source has a module. Wordings and facts are the YAML files in `data`; the answers of all questions with
numbers are worked out by the rules. There are 3,000 good rows, in the proportions of the paper's table 1.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from crossthink_hub.sources.sample import (
    hendrycks_math,
    mmlu,
    natural_reasoning,
    numina_math,
    persona_math,
    syn_qa,
)
from crossthink_hub.sources.sample.hendrycks_math import MATH
from crossthink_hub.sources.sample.mixing import counts
from crossthink_hub.sources.sample.mmlu import CSV, HUB, JSONL
from crossthink_hub.sources.sample.natural_reasoning import NATURAL
from crossthink_hub.sources.sample.numina_math import COT, VERL, VERSION_1_5
from crossthink_hub.sources.sample.persona_math import PERSONA
from crossthink_hub.sources.sample.syn_qa import QA

__all__ = [
    *("COT", "CSV", "DIRTY", "GOOD", "HUB", "JSONL", "MATH", "NATURAL"),
    *("PERSONA", "QA", "VERL", "VERSION_1_5", "write_sample"),
]

GOOD: Mapping[str, int] = MappingProxyType(
    {
        **mmlu.GOOD,
        QA: syn_qa.GOOD,
        NATURAL: natural_reasoning.GOOD,
        **numina_math.GOOD,
        PERSONA: persona_math.GOOD,
        MATH: hendrycks_math.GOOD,
    }
)
"""Good rows in each file."""

DIRTY: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        CSV: counts(mmlu.CSV_DIRT),
        JSONL: counts(mmlu.JSONL_DIRT),
        HUB: counts(mmlu.HUB_DIRT),
        QA: counts(syn_qa.DIRT),
        NATURAL: counts(natural_reasoning.DIRT, long_answer=natural_reasoning.LONG),
        COT: counts(numina_math.COT_DIRT),
        VERSION_1_5: counts(numina_math.DIRT_1_5),
        VERL: counts(numina_math.VERL_DIRT),
        PERSONA: counts(persona_math.DIRT),
        MATH: counts(hendrycks_math.DIRT),
    }
)
"""Dirty rows in each file, by kind; of a duplicate only the extra copy counts, not the good row it copies."""


def write_sample(folder: Path) -> None:
    """Write the sample's upstream-format files below `folder`.

    With the same pyarrow, every call writes the same bytes. Rows in the numbers of `DIRTY` are dirty; all
    others are good and distinct, and their answers are true.

    Args:
        folder: where to write; made if missing.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as name:
        ...     write_sample(Path(name))
        ...     sorted(path.name for path in Path(name).iterdir())
        ['hendrycks_math', 'mmlu', 'natural_reasoning', 'numina_math', 'persona_math', 'syn_qa']
    """
    for source in (mmlu, syn_qa, natural_reasoning, numina_math, persona_math, hendrycks_math):
        source.write(folder)
