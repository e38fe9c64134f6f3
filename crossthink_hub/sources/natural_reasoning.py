"""Natural Reasoning: 1.1 million open questions over many fields, of which the paper samples 100,000.

Upstream: `facebook/natural_reasoning`; 18 % of its reference answers are empty.
Paper: Yuan et al., NaturalReasoning (arXiv 2502.13124).
Licence: CC-BY-NC-4.0, non-commercial.
"""

from crossthink_hub.sources.open_ended import ANSWERED, PROMPTED
from crossthink_hub.sources.registry import Source

NATURAL_REASONING = Source(
    name="natural_reasoning",
    repo="facebook/natural_reasoning",
    licence="CC-BY-NC-4.0",
    non_commercial="CC-BY-NC-4.0",
    aliases=("facebook/natural_reasoning", "naturalreasoning"),
    files=("**/*",),
    shapes=(ANSWERED, PROMPTED),
)
