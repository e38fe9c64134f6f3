"""Every config that a build can make, generated from the blends: none of the names is typed."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.paper import Blend, blends, source_facts
from crossthink_hub.recipe.quotas import weights

AS_IS, OPEN, RELEASED = "as_is", "open", "released"
"""How problems are asked: as they are, all open, or to the letter as the release has them."""
LONG, SHORT = "long", "short"
"""How multiple-choice questions are answered: `(A) text` or `A`."""
RELEASE = {"qa": "syn_qa", "math": "persona_math"}
"""Configs that are the paper's own release, to the letter, and the source that each is of."""
NEEDS_DIFFICULTY = ("gpr_up_hard",)
"""Configs of the paper that keep only what a model answers wrongly."""


@dataclass(frozen=True)
class Config:
    """A named data set.

    Attributes:
        name: of the config.
        title: for people.
        blend: which sources, in which shares.
        form: how its problems are asked.
        answer: of multiple-choice questions: `long` is `(A) text`, `short` is `A`.
        samples: the most that is taken of a source, where that is not table 1's number; None is all of it.
    """

    name: str
    title: str
    blend: Blend
    form: str = AS_IS
    answer: str = LONG
    samples: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The name of the config that it is a variant of; its own if it is none."""
        return self.name.partition("-")[0]

    def most(self, source: str) -> int | None:
        """Return how many problems of a source the config may take at most; None for all."""
        return self.samples.get(source, source_facts()[source].samples)


@cache
def configs() -> Mapping[str, Config]:
    """Return every config by name: blends, with short answers, all open; sources; the release.

    Example:
        >>> list(configs())[:3], len(configs())
        (['nd', 'mr_up', 'gpr_up'], 28)
    """
    table = [
        *(Config(name, blend.title, blend) for name, blend in blends().items()),
        *(
            Config(f"{name}-short", f"{blend.title}, answered by letter", blend, answer=SHORT)
            for name, blend in blends().items()
            if has_mcq(blend)
        ),
        *(
            Config(f"{name}-open", f"{blend.title}, all questions open", blend, OPEN)
            for name, blend in blends().items()
            if has_mcq(blend) and not by_question_type(blend)
        ),
        *(Config(name, f"only {name}", only(name)) for name in source_facts()),
        *(
            Config(name, f"the release's part of {source}", only(source), RELEASED, samples={source: None})
            for name, source in RELEASE.items()
        ),
    ]
    return MappingProxyType({config.name: config for config in table})


def only(source: str) -> Blend:
    """Return the blend of one source."""
    return Blend(f"only {source}", weights={source: Fraction(1)})


def has_mcq(blend: Blend) -> bool:
    """Tell whether a blend has multiple-choice questions."""
    return any(source_facts()[source].question_type == "mcq" for source in weights(blend))


def by_question_type(blend: Blend) -> bool:
    """Tell whether a blend is made of shares of multiple-choice and open questions."""
    return blend.by == "question_type"


def config(name: str) -> Config:
    """Return the config of that name.

    Raises:
        UsageError: there is none; the message says why and which to use, or names the nearest.

    Example:
        >>> config("gpr_upp")
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: unknown config 'gpr_upp'
        Did you mean 'gpr_up'? `crossthink configs` lists them all.
    """
    if name in configs():
        return configs()[name]
    base, _, variant = name.partition("-")
    if base in NEEDS_DIFFICULTY:
        raise UsageError(
            f"{name} keeps only the questions that a model answers wrongly: it needs difficulty labels",
            fix=f"This version does not make them yet. {base.removesuffix('_hard')} is the blend unfiltered.",
        )
    if base in configs() and variant in ("short", "open"):
        raise _no_variant(name, configs()[base], variant)
    near = difflib.get_close_matches(name, configs(), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(configs())}."
    raise UsageError(f"unknown config {name!r}", fix=f"{hint} `crossthink configs` lists them all.")


def _no_variant(name: str, base: Config, variant: str) -> UsageError:
    """Return why a config has no such variant, and what to use in its place."""
    if base.form == RELEASED:
        return UsageError(
            f"{base.name} is the release to the letter, so it has no variants",
            fix=f"Use {RELEASE[base.name]}, or a blend of your own (--blend).",
        )
    if not has_mcq(base.blend):
        return UsageError(
            f"{name} would be a copy of {base.name}: none of its questions is multiple-choice",
            fix=f"Use {base.name}.",
        )
    if by_question_type(base.blend):
        return UsageError(
            f"{name} contradicts itself: {base.name} blends types of questions, and all would be open",
            fix="Use nd-open, the same sources in their natural distribution.",
        )
    return UsageError(
        f"the paper has no {name}",
        fix=f"Make it a blend of your own (--blend): weights {{{base.name}: 1}}, "
        + ("questions: open." if variant == "open" else "answer: short."),
    )
