"""Upstream data sets, one file each: `Source` says what it is, its shapes read it into problems."""

from crossthink_hub.sources.hendrycks_math import HENDRYCKS_MATH
from crossthink_hub.sources.mmlu import MMLU
from crossthink_hub.sources.natural_reasoning import NATURAL_REASONING
from crossthink_hub.sources.numina_math import NUMINA_MATH
from crossthink_hub.sources.persona_math import PERSONA_MATH
from crossthink_hub.sources.syn_qa import SYN_QA

SOURCES = (MMLU, SYN_QA, NATURAL_REASONING, NUMINA_MATH, PERSONA_MATH, HENDRYCKS_MATH)
"""Every source of the paper, in the order of its table 1."""
