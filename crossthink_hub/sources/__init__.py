"""Upstream data sets, one file each: `Source` says what it is, its shapes read it into problems."""

from crossthink_hub.sources.hendrycks_math import HENDRYCKS_MATH
from crossthink_hub.sources.mmlu import MMLU

SOURCES = (MMLU, HENDRYCKS_MATH)
"""Every source that can be read, in the order of the paper's table 1."""
