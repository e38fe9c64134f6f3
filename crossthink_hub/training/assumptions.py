"""What a plan takes for granted, read from `assumptions.yaml`, where each number has its source."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

GB = 1_000_000_000


@dataclass(frozen=True)
class Assumptions:
    """The numbers of `assumptions.yaml`."""

    peak_tflops: float
    memory_bandwidth_gb_s: float
    model_flops_utilization: float
    padding: float
    memory_bandwidth_utilization: float
    weight_sync_gb_s: float
    mean_prompt_tokens: int
    mean_completion_tokens: int
    reserve_gb: float
    vllm_working_gb: float
    gpus_per_node: int


@cache
def assumptions() -> Assumptions:
    """Return the assumptions.

    Example:
        >>> assumptions().gpus_per_node
        8
    """
    text = resources.files("crossthink_hub.training").joinpath("assumptions.yaml").read_text("utf-8")
    return Assumptions(**yaml.safe_load(text))
