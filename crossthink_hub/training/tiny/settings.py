"""How large the tiny model and its data are, and how little it is shown before GRPO."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TinySettings:
    """Sizes of the tiny run, tuned so that all of it takes a minute or two on two cores.

    Attributes:
        problems: of each source, that the data set is built of; one in a hundred is held out.
        shown: further problems of each source, for the warm-up alone: no config has them.
        steps: of the warm-up.
        batch: rows of a step.
        learning_rate: of the warm-up at its height.
        in_format: how often the warm-up shows the tags around a thought, and how often the box around an
            answer: each by itself, so both stand in the square of this share of its texts.
        vocabulary: the most tokens there may be, the 256 bytes and the tags among them.
        hidden: size of the model's hidden state.
        layers: of the model.
        positions: the longest text that the model takes.
        seed: of the problems, the weights and the warm-up.
    """

    problems: int = 3_000
    shown: int = 1_500
    steps: int = 260
    batch: int = 24
    learning_rate: float = 3e-3
    in_format: float = 0.6
    vocabulary: int = 512
    hidden: int = 192
    layers: int = 2
    positions: int = 8_192
    seed: int = 0


TINY = TinySettings()
