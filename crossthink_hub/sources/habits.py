"""What the rows of a source have in common, told from a sample of them before they are read.

The sample is spread over the files, so it changes little with the order of rows and how they are cut.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.sources.instruction import Instruction, find_instruction
from crossthink_hub.sources.mcq import RELABELLED
from crossthink_hub.sources.prompted import user_texts
from crossthink_hub.sources.reading import read, sample_pieces, shape_of
from crossthink_hub.sources.shape import Shape

SAMPLE_FILES, SAMPLE_ROWS = 32, 2_000
"""How many files are looked into, and how many rows of a piece of one."""
FEWEST_STALE, IN_ONE_PLACE, SPREAD = 20, 0.9, 0.6
"""Where so many golds of the sample disagree with themselves, texts and labels tell which of them is stale.
A stale label leaves the texts where the answers are, everywhere. If so large a share of the texts is that of
one place, such as the second option, and no label has more than that other share, the texts are stale."""


@dataclass(frozen=True)
class Habits:
    """How to read the rows of a source.

    Attributes:
        instruction: what stands around the questions.
        labels_decide: whether the label is right where a gold's label and text are of two options.
    """

    instruction: Instruction
    labels_decide: bool

    def shape(self, shape: Shape) -> Shape:
        """Return a shape that reads so."""
        return replace(shape, problems=shape.by_label) if self.labels_decide and shape.by_label else shape


def habits_of(files: Mapping[str, Path], shapes: Sequence[Shape]) -> Habits:
    """Return what the rows of a source have in common.

    Raises:
        SourceError: a file can't be opened, or fits none of the shapes.
    """
    samples = list(_samples(files, shapes))
    prompts = [
        prompt
        for shape, raw in samples
        if shape.instructed
        for prompt in user_texts(raw["prompt"].combine_chunks()).to_pylist()
        if prompt
    ]
    return Habits(find_instruction(prompts), _labels_decide(samples))


def _samples(files: Mapping[str, Path], shapes: Sequence[Shape]) -> Iterator[tuple[Shape, pa.Table]]:
    known = [
        (path, name, shape)
        for name, path in sorted(files.items())
        if sample_pieces(path, name, 1)
        and ((shape := shape_of(path, name, shapes)).instructed or shape.by_label)
    ]
    chosen = known[:: -(-len(known) // SAMPLE_FILES) or 1]
    for path, name, shape in chosen:
        for piece in sample_pieces(path, name, max(1, SAMPLE_FILES // len(chosen))):
            raw = read(piece, shape, Instruction()).table
            step = -(-len(raw) // SAMPLE_ROWS) or 1
            yield shape, raw.take(pa.array(np.arange(0, len(raw), step)))


def _labels_decide(samples: Sequence[tuple[Shape, pa.Table]]) -> bool:
    texts: Counter[int] = Counter()
    labels: Counter[int] = Counter()
    for shape, raw in samples:
        if shape.by_label:
            problems = shape.problems(raw)
            stale = pc.match_substring(pc.binary_join(problems["flags"].combine_chunks(), " "), RELABELLED)
            texts.update(problems["answer_index"].filter(stale).to_pylist())
            labels.update(shape.by_label(raw)["answer_index"].filter(stale).to_pylist())
    total = texts.total()
    if total < FEWEST_STALE:
        return False
    return max(texts.values()) >= IN_ONE_PLACE * total and max(labels.values()) <= SPREAD * total
