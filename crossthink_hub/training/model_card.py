"""The card of a trained model: what it came from, and no claim beyond the run's own numbers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from crossthink_hub.card.front import front_matter
from crossthink_hub.card.metadata import HUB
from crossthink_hub.card.template import card_template
from crossthink_hub.card.words import words
from crossthink_hub.recipe.configs import RELEASED, configs
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.recipe.quotas import weights
from crossthink_hub.recipe.templates import template
from crossthink_hub.sources import SOURCES
from crossthink_hub.training.curves import number, sources_in, training_steps
from crossthink_hub.training.provenance import DataOrigin, Provenance
from crossthink_hub.training.reward import ALL

TEMPLATE = "model_card.md.j2"
ON_THE_HUB = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
NONE = "-"
OF_A_SOURCE = ("reward", "format", "accuracy")
Metrics = Sequence[Mapping[str, Any]]
"""What `read_metrics` gives."""


class LicenceRow(NamedTuple):
    """A source in the table of licences; `terms` is Markdown of ours."""

    source: str
    licence: str
    link: str | None
    commercial: str
    terms: str


class MetricsRow(NamedTuple):
    """What was logged last of a source, or of all of them if its name is None."""

    source: str | None
    step: int
    reward: str
    formatted: str
    right: str


def model_card(provenance: Provenance, metrics: Metrics) -> str:
    """Return the text of a trained model's README.md, front matter included.

    Args:
        provenance: what the model came from.
        metrics: what the run logged, as `read_metrics` gives it.

    Example:
        >>> data = DataOrigin("you/blends", "gpr_up", "train", "v1.0.0", "4f2c", None, "hub", {"mmlu": "MIT"})
        >>> card = model_card(Provenance("model: Qwen/Qwen2.5-7B", data, None, {}), [])
        >>> print(card[: card.index("library_name")])
        ---
        base_model: Qwen/Qwen2.5-7B
        datasets:
        - you/blends
        <BLANKLINE>
    """
    recipe = _mapping(provenance.recipe)
    head = front_matter(_metadata(recipe, provenance.data))
    return f"{head}\n{card_template(_text()).render(_facts(recipe, provenance, metrics)).strip()}\n"


def _mapping(recipe: str) -> dict[str, Any]:
    found = yaml.safe_load(recipe)
    return found if isinstance(found, dict) else {}


def _metadata(recipe: Mapping[str, Any], data: DataOrigin) -> dict[str, Any]:
    """Return what the Hub reads; no `license`, for the base model's is not known here."""
    model, dataset = _on_the_hub(recipe.get("model")), _published(data)
    return {
        **({"base_model": model} if model else {}),
        **({"datasets": [dataset]} if dataset else {}),
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["grpo", "trl", "crossthink"],
    }


def _on_the_hub(name: object) -> str | None:
    """Return a name that is one on the Hub, and not a folder's."""
    is_name = isinstance(name, str) and ON_THE_HUB.fullmatch(name) and not Path(name).is_dir()
    return str(name) if is_name else None


def _published(data: DataOrigin) -> str | None:
    """Return the data set's name on the Hub; what was built has a commit there, or lies in a folder."""
    return _on_the_hub(data.dataset) if data.commit or not data.kind else None


def _text() -> str:
    return resources.files("crossthink_hub").joinpath("training", TEMPLATE).read_text("utf-8")


def _facts(recipe: Mapping[str, Any], provenance: Provenance, metrics: Metrics) -> dict[str, Any]:
    """Return what the template may speak of."""
    data, steps = provenance.data, training_steps(metrics)
    published = _published(data)
    return {
        "provenance": provenance,
        "data": data,
        "recipe": recipe,
        "recipe_lines": provenance.recipe.rstrip().splitlines(),
        "name": recipe.get("run_name") or "A model trained with GRPO",
        "title": recipe.get("title"),
        "sample": data.kind == "sample",
        "thought": recipe.get("thought", "tagged"),
        "instructions": _instructions(data),
        "dataset_link": f"{HUB}/{published}" if published else None,
        "licences": list(_licences(data.licences)),
        "steps": _trained(steps, recipe.get("max_steps")),
        "metrics": list(_last(steps)),
    }


def _instructions(data: DataOrigin) -> list[str]:
    """Return what stands before the questions of a config of ours; nothing where that is not known."""
    config = configs().get(data.config) if data.kind else None
    if config is None or config.form == RELEASED:
        return []
    facts = (source_facts()[source] for source in weights(config.blend))
    return list(dict.fromkeys(template(one, config.form, config.answer).instruction for one in facts))


def _licences(licences: Mapping[str, str]) -> Iterator[LicenceRow]:
    sold = {source.name: source.non_commercial is None for source in SOURCES}
    for source, licence in licences.items():
        link = words("licences").get(licence, {}).get("url")
        commercial = {True: "yes", False: "no", None: "not known"}[sold.get(source)]
        yield LicenceRow(source, licence, link, commercial, words("sources").get(source, {}).get("terms", ""))


def _trained(steps: Metrics, most: object) -> str:
    """Return how far a run came."""
    if not steps:
        return ""
    of = f" of {most:,}" if isinstance(most, int) and most > 0 else ""
    return f"Step {steps[-1]['step']:,}{of} was the last"


def _last(steps: Metrics) -> Iterator[MetricsRow]:
    """Give what was logged last of all sources, and of each: not every step has prompts of all of them."""
    of_all = ("reward", f"{ALL}/format", f"{ALL}/accuracy")
    of_each = {name: [f"{name}/{metric}" for metric in OF_A_SOURCE] for name in sources_in(steps)}
    for source, names in [(None, of_all), *of_each.items()]:
        step = next(
            (one for one in reversed(steps) if any(number(one, name) is not None for name in names)), None
        )
        if step is not None:
            values = (number(step, name) for name in names)
            yield MetricsRow(
                source, step["step"], *(NONE if value is None else f"{value:.3f}" for value in values)
            )
