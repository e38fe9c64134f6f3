"""Syn-QA: multiple-choice questions that the paper's authors synthesized from Common Crawl and books.

Upstream: `nvidia/Nemotron-CrossThink`, 187,496 of the paper's 192,930 rows. The release's own `default`
config does not load: its two files differ in `meta_data`. Where its options are labelled `A.`, the
letter of the gold is often stale; the text decides (`relabelled`).
Paper: NEMOTRON-CROSSTHINK (arXiv 2504.13941).
Licence: CC-BY-4.0; made with Qwen2.5 models, whose licence may bind models trained on it.
"""

from crossthink_hub.sources.mcq import LABELLED, PROMPTED, indexed
from crossthink_hub.sources.registry import Source

SYN_QA = Source(
    name="syn_qa",
    repo="nvidia/Nemotron-CrossThink",
    licence="CC-BY-4.0",
    aliases=("syn_qa_copy", "nemotron_crossthink_qa", "nvidia/nemotron_crossthink", "nemotron_crossthink"),
    files=("**/*CrossThink-QA*", "**/*QA*", "**/*qa*"),
    shapes=(PROMPTED, indexed(), LABELLED),
)
