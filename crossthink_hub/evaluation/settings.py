"""What an evaluation is asked to do: model, benchmarks, how to prompt and to sample."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.benchmarks import BENCHMARKS, named
from crossthink_hub.evaluation.generation import Sampling
from crossthink_hub.grading.settings import AnswerIn, Thought, check_choice
from crossthink_hub.recipe.configs import LONG, SHORT
from crossthink_hub.sources.upstream import HUB
from crossthink_hub.training.arguments import typed
from crossthink_hub.training.checkpoints import FINAL
from crossthink_hub.training.layers import layered

ALL, AUTO = "all", "auto"
GREEDY, SAMPLED = "greedy", "sampled"
SMALL = ("amc23", "gpqa_diamond")
"""So few questions that a single answer to each says little: sampled at least `SMALL_SAMPLES` times."""
SMALL_SAMPLES = 16
DRAWN: Mapping[str, Any] = MappingProxyType({"temperature": 0.6, "top_p": 0.95, "top_k": 0, "min_p": 0.0})
"""How sampled answers are drawn if nobody says."""
FILES = ("chat_template",)
LEAST = {"limit": 1, "runs": 1, "samples": 0, "tensor_parallel": 1, "data_parallel": 0, "concurrency": 1}
SHIPPED = ("evaluation/runs", "../train/evaluations")
"""Where the shipped run files lie from the package's folder: in the wheel, and in a checkout."""


@dataclass(frozen=True)
class Pass:
    """Answers to benchmarks that are sampled in one way.

    Attributes:
        name: `greedy` or `sampled`.
        sampling: how.
        samples: answers to each question, by benchmark.
    """

    name: str
    sampling: Sampling
    samples: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """An evaluation; every field is a key of run files.

    Attributes:
        model: a folder, a name on the Hub, or as the endpoint serves it.
        revision: of the model on the Hub.
        base: the model before training, as the paper's tables name it; by default by the model's record.
        config: what it was trained on; by default by the model's record.
        benchmarks: names of benchmarks, or `all`.
        sources: where they are read from: `hub`, `sample`, or a folder.
        answer: `long`, `short`, or `auto`: short for a model whose record says that it was trained so.
        limit: questions of each benchmark at most; the first ones, a random sample.
        runs: greedy answers to each question.
        samples: sampled answers to each question in place of greedy ones; 16 at least of the `SMALL` ones.
        temperature: of sampled answers.
        top_p: as in `Sampling`, as are the next six.
        top_k: of sampled answers, as is the next.
        min_p: of them.
        repetition_penalty: of all answers, as are the next two.
        presence_penalty: of them.
        frequency_penalty: of them.
        max_tokens: that an answer may have.
        seed: decides every sampled answer.
        profile: name of the way to prompt; for people.
        chat_template: a file in Jinja, in place of the model's own.
        chat_template_kwargs: for the chat template, such as `enable_thinking`.
        thought: where the thought is, as in `crossthink_hub.grading`.
        answer_in: `box`: only the box counts; `claim`: without one a sentence will do.
        stop: texts that end an answer.
        stop_token_ids: tokens that do, with those of the model.
        dtype: of the weights, as vLLM has it.
        tensor_parallel: GPUs that share a copy of the model.
        data_parallel: copies of the model; 0 for as many as there are GPUs for.
        gpu_memory: share of a GPU's memory that vLLM may take.
        batch_invariant: whether answers are not to depend on what is computed beside them; slower.
        trust_remote_code: whether to run code that comes with the model.
        endpoint: URL of an OpenAI-compatible server that answers in place of vLLM here.
        concurrency: requests to an endpoint at a time.
        timeout: seconds that one answer may take.
        patience: seconds for which an endpoint that is busy or away is asked again.
        plain: whether the endpoint is sent only what OpenAI's own API takes.
        training_data: a built folder that the model was trained on, to find benchmark questions in it; by
            default what the model's record says.
    """

    model: str
    revision: str | None = None
    base: str | None = None
    config: str | None = None
    benchmarks: tuple[str, ...] = (ALL,)
    sources: str = HUB
    answer: str = AUTO
    limit: int | None = None
    runs: int = 1
    samples: int = 0
    temperature: float = DRAWN["temperature"]
    top_p: float = DRAWN["top_p"]
    top_k: int = DRAWN["top_k"]
    min_p: float = DRAWN["min_p"]
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    max_tokens: int = 16_384
    seed: int = 0
    profile: str = "chat"
    chat_template: str | None = None
    chat_template_kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    thought: Thought = "tagged"
    answer_in: AnswerIn = "box"
    stop: tuple[str, ...] = ()
    stop_token_ids: tuple[int, ...] = ()
    dtype: str = "auto"
    tensor_parallel: int = 1
    data_parallel: int = 0
    gpu_memory: float = 0.9
    batch_invariant: bool = False
    trust_remote_code: bool = False
    endpoint: str | None = None
    concurrency: int = 64
    timeout: float = 1800.0
    patience: float = 300.0
    plain: bool = False
    training_data: str | None = None

    def __post_init__(self) -> None:
        check_choice("answer", self.answer, (AUTO, LONG, SHORT))
        check_choice("thought", self.thought, get_args(Thought))
        check_choice("answer_in", self.answer_in, get_args(AnswerIn))
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}, and must be at least {least}")
        if not (0 < self.gpu_memory <= 1 and self.timeout > 0 and self.patience >= 0):
            raise UsageError("gpu_memory is a share from 0 to 1; timeout and patience are seconds")
        if self.samples and self.runs > 1:
            raise UsageError(
                "runs are greedy answers, and samples are sampled in their place",
                fix="Give one of both; a second command with the same --out adds the other.",
            )
        if self.samples and not self.temperature:
            raise UsageError("samples at temperature 0 would all be alike", fix="Set a temperature, or runs.")
        drawn = {name: getattr(self, name) for name in DRAWN}
        if not self.samples and drawn != DRAWN:
            changed = next(name for name in DRAWN if drawn[name] != DRAWN[name])
            raise UsageError(
                f"{changed} is of sampled answers, and none are asked for", fix="Ask for some: samples."
            )
        try:
            json.dumps(dict(self.chat_template_kwargs))
        except (TypeError, ValueError) as error:
            raise UsageError(f"chat_template_kwargs is no JSON ({error})") from error
        self.names()
        self.passes()

    def names(self) -> list[str]:
        """Return the benchmarks, in the order of the paper's tables.

        Raises:
            UsageError: there is no such benchmark.
        """
        wanted = [own.name for own in BENCHMARKS] if ALL in self.benchmarks else self.benchmarks
        if not wanted:
            raise UsageError("no benchmark is named", fix=f"Name some, or {ALL}.")
        return [own.name for own in named(wanted)]

    def passes(self) -> list[Pass]:
        """Return the ways in which questions are answered.

        Example:
            >>> (greedy,) = Evaluation(model="m", benchmarks=("mmlu",)).passes()
            >>> greedy.name, dict(greedy.samples)
            ('greedy', {'mmlu': 1})
            >>> (sampled,) = Evaluation(model="m", benchmarks=("mmlu", "amc23"), samples=4).passes()
            >>> sampled.name, dict(sampled.samples), sampled.sampling.temperature
            ('sampled', {'mmlu': 4, 'amc23': 16}, 0.6)
        """
        penalties = {
            name: getattr(self, name)
            for name in ("repetition_penalty", "presence_penalty", "frequency_penalty", "max_tokens")
        }
        if not self.samples:
            return [Pass(GREEDY, Sampling(**penalties), dict.fromkeys(self.names(), self.runs))]
        drawn = {name: getattr(self, name) for name in DRAWN}
        small = {name: max(self.samples, SMALL_SAMPLES) for name in SMALL}
        samples = {name: small.get(name, self.samples) for name in self.names()}
        return [Pass(SAMPLED, Sampling(**drawn, **penalties), samples)]


def read_evaluation(place: str, /, **given: Any) -> Evaluation:
    """Return the evaluation of a run file, of a shipped run file's name, or of a model.

    Args:
        place: a file that ends in `.yaml`, a name such as `qwen2.5-7b`, a folder with a model, or its name on
            the Hub.
        given: fields, over those of the file.

    Raises:
        UsageError: a file is missing or no YAML; a key is unknown, or its value can't be.

    Example:
        >>> read_evaluation("open-reasoner-zero-7b", limit=5).thought
        'opened'
        >>> read_evaluation("Qwen/Qwen2.5-7B").passes()[0].sampling.max_tokens
        16384
    """
    path = run_file(place)
    values = {"model": place} if path is None else layered(path, FILES)
    return evaluation_of(values | given, path or place)


def default_out(model: str) -> Path:
    """Return where a run of a model goes if nobody says: by the run that trained it, or its own name.

    Example:
        >>> [default_out(one).as_posix() for one in ("runs/gpr_up_7b/final", "Qwen/Qwen2.5-7B")]
        ['runs/eval-gpr_up_7b', 'runs/eval-Qwen2.5-7B']
    """
    path = Path(model)
    return Path("runs", f"eval-{path.parent.name if path.name == FINAL else path.name}")


def run_file(place: str) -> Path | None:
    """Return the run file that a place names, None if it names a model."""
    path = Path(place)
    if path.suffix in (".yaml", ".yml"):
        return path
    package = Path(str(resources.files("crossthink_hub")))
    files = ((package / folder / f"{place}.yaml").resolve() for folder in SHIPPED)
    return next((file for file in files if file.is_file()), None) if path.name == place else None


def evaluation_of(values: Mapping[str, Any], where: object) -> Evaluation:
    """Return the evaluation that keys and values describe.

    Raises:
        UsageError: a key is unknown or missing, or its value of a wrong type or none that can be.
    """
    kinds = _kinds()
    for key in values:
        if key not in kinds:
            near = difflib.get_close_matches(key, kinds, n=1)
            fix = f"Did you mean {near[0]!r}?" if near else "docs/evaluation.md explains each key."
            raise UsageError(f"unknown key {key!r}", where=where, fix=fix)
    if "model" not in values:
        raise UsageError("names no model", where=where, fix="Add model: a folder, or a name on the Hub.")
    fields_ = {key: _typed(key, value, kinds[key], where) for key, value in values.items()}
    try:
        return Evaluation(**fields_)
    except UsageError as error:
        raise UsageError(error.message, where=error.where or where, fix=error.fix) from error


def _kinds() -> Mapping[str, str]:
    """Return the type of each key, as `training.arguments.typed` writes types."""
    return {key: _kind(hint) for key, hint in get_type_hints(Evaluation).items()}


def _kind(hint: Any) -> str:
    """Return a type as a key has it.

    Example:
        >>> _kind(int | None), _kind(tuple[str, ...]), _kind(Thought)
        ('int?', 'list', 'str')
    """
    if get_origin(hint) is UnionType:
        return f"{_kind(get_args(hint)[0])}?"
    named_ = {int: "int", float: "float", bool: "bool", tuple: "list", Mapping: "mapping"}
    return named_.get(get_origin(hint) or hint, "str")


def _typed(key: str, value: Any, kind: str, where: object) -> Any:
    if kind == "list":
        value = (
            [value] if isinstance(value, str | int) else list(value) if isinstance(value, tuple) else value
        )
        of = _kind(get_args(get_type_hints(Evaluation)[key])[0])
        return tuple(typed(key, one, of, where) for one in typed(key, value, kind, where))
    found = typed(key, value, kind, where)
    return MappingProxyType(found) if kind == "mapping" else found
