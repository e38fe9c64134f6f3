"""What a plan counts, against numbers that are known otherwise."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from crossthink_hub.display_training import plan_json, plan_report
from crossthink_hub.errors import UsageError
from crossthink_hub.training.assumptions import GB
from crossthink_hub.training.layers import parse_settings
from crossthink_hub.training.memory import REFERENCE, SETUP
from crossthink_hub.training.plan import TrainingPlan, plan
from crossthink_hub.training.recipe import read_recipe
from crossthink_hub.training.shapes import known_shapes, model_shape

RECIPES = Path(__file__).parents[2] / "train" / "recipes"
SERVER = RECIPES / "overlays" / "server.yaml"

# As the model cards and the safetensors headers have it.
PARAMETERS = {
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "Qwen/Qwen2.5-1.5B": 1_543_714_304,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "Qwen/Qwen2.5-32B": 32_763_876_352,
}


def planned(name: str, gpus: int, memory: float = 80, **changes: Any) -> TrainingPlan:
    return plan(read_recipe(RECIPES / f"{name}.yaml", **changes), gpus, memory)


def parts(found: TrainingPlan, phase: str | None = None) -> dict[str, float]:
    """Return the parts of a phase in GB, by name; of the fullest by default."""
    one = next(one for one in found.phases if one.name == phase) if phase else found.peak
    return {part.name: part.bytes / GB for part in one.parts}


def test_parameters_are_counted_exactly():
    assert {name: shape.parameters for name, shape in known_shapes().items()} == PARAMETERS


def test_shapes_agree_with_transformers_own_model():
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    sizes = {
        "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 96, "vocab_size": 100, "tie_word_embeddings": True,
    }  # fmt: skip
    config = transformers.Qwen2Config(**sizes)
    with torch.device("meta"):
        model = transformers.Qwen2ForCausalLM(config)
    from crossthink_hub.training.shapes import ModelShape

    assert ModelShape(**sizes, attention_bias=True).parameters == model.num_parameters()


def test_seven_billion_fit_on_eight_gpus_of_80():
    found = planned("gpr_up_7b", 8)
    assert found.fits
    assert not found.advice
    assert found.checkpoint / GB == pytest.approx(91.4, abs=0.1)
    assert dict(found.batch) == {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 32}
    assert (found.steps, found.most_tokens_per_step) == (650, 1024 * 5000)
    assert found.hours
    assert 10 < found.hours < 40


def test_thirty_two_billion_do_not_fit_on_eight_gpus_of_80():
    found = planned("gpr_up_32b", 8)
    assert not found.fits
    alone = sum(parts(found)[name] for name in ("weights, fp32", "gradients, fp32", "Adam's moments, fp32"))
    assert alone == pytest.approx(65.5, abs=0.1)
    assert "weights, gradients and Adam in fp32 alone take 65.5 GB" in found.problems[0]
    over = (found.peak.bytes - found.gpu_memory) / GB
    assert f"{over:.1f} GB more than there are" in found.problems[0]
    assert found.advice == ("32 GPUs, on nodes of 8",)
    assert planned("gpr_up_32b", 32).fits


def test_fsdp2_gathers_the_reference_model_whole():
    found = planned("gpr_up_32b", 32, sharding="fsdp2")
    assert not found.fits
    assert parts(found, SETUP)["reference, whole"] == pytest.approx(131.1, abs=0.1)
    assert parts(found, REFERENCE)["reference, gathered whole"] == pytest.approx(65.5, abs=0.1)
    assert "sharding=zero3: with its launch file" in found.advice
    without = planned("gpr_up_32b", 32, sharding="fsdp2", beta=0.0)
    assert without.fits
    assert {phase.name for phase in without.phases}.isdisjoint({SETUP, REFERENCE})


def test_gradients_not_spread_after_each_micro_batch_are_counted():
    assert planned("gpr_up_7b", 8).fits
    found = planned("gpr_up_7b", 8, accelerator_config={})
    assert parts(found)["gradients, not yet spread"] == pytest.approx(15.2, abs=0.1)
    assert not found.fits


def test_each_advice_is_enough_by_itself():
    tried = 0
    cases = [
        ("gpr_up_7b", 8, 60, {}),
        ("gpr_up_7b", 8, 40, {}),
        ("gpr_up_7b", 8, 80, {"accelerator_config": {}}),
        ("gpr_up_32b", 32, 80, {"sharding": "fsdp2"}),
        ("gpr_up_7b", 8, 80, {"vllm_gpu_memory_utilization": 0.15}),
    ]
    for name, gpus, memory, changes in cases:
        found = planned(name, gpus, memory, **changes)
        assert not found.fits
        for advice in found.advice:
            tried += 1
            words = advice.partition(":")[0]
            if "GPUs" in words:
                assert planned(name, int(words.split()[0]), memory, **changes).fits, advice
            else:
                assert planned(name, gpus, memory, **changes | parse_settings([words])).fits, advice
    assert tried >= 8


def test_a_kv_cache_without_room_and_heads_that_do_not_divide_are_problems():
    found = planned("gpr_up_7b", 8, vllm_gpu_memory_utilization=0.15)
    assert "for the KV cache; one sequence of 5,000 tokens takes 0.3 GB" in found.problems[0]
    found = planned("gpr_up_7b", 8, vllm_tensor_parallel_size=8)
    assert found.problems == ("vllm_tensor_parallel_size 8 does not divide 28 attention heads",)


def test_in_server_mode_vllm_takes_nothing_of_the_gpus_that_train():
    found = plan(read_recipe(RECIPES / "gpr_up_7b.yaml", SERVER), gpus=4, gpu_memory_gb=80)
    assert found.fits
    assert found.kv_sequences is None
    assert not any("vLLM" in name for phase in found.phases for name in parts(found, phase.name))


def test_one_gpu_trains_a_small_model():
    found = planned("gpr_up_7b", 1, model="Qwen/Qwen2.5-0.5B", sharding="none")
    assert found.fits
    assert parts(found)["weights, fp32"] == pytest.approx(1.98, abs=0.01)
    with pytest.raises(UsageError, match="sharding is none"):
        planned("gpr_up_7b", 2, model="Qwen/Qwen2.5-0.5B", sharding="none")


def test_generation_by_transformers_counts_its_kv_cache():
    found = planned("gpr_up_7b", 8, use_vllm=False)
    assert parts(found, "generation")["KV cache"] == pytest.approx(128 * 5000 * 57_344 / GB)


@settings(deadline=None)
@given(
    name=st.sampled_from(["gpr_up_7b", "gpr_up_32b"]),
    sharding=st.sampled_from(["fsdp2", "zero3"]),
    gpus=st.sampled_from([4, 8, 16, 32]),
    memory=st.integers(20, 200),
    beta=st.sampled_from([0.0, 0.001]),
    sleep=st.booleans(),
)
def test_a_plan_adds_up_and_more_gpus_never_need_more(
    name: str, sharding: str, gpus: int, memory: int, beta: float, sleep: bool
):
    changes: dict[str, Any] = {"sharding": sharding, "beta": beta, "vllm_enable_sleep_mode": sleep}
    found, twice = planned(name, gpus, memory, **changes), planned(name, 2 * gpus, memory, **changes)
    assert all(part.bytes >= 0 for phase in found.phases for part in phase.parts)
    assert found.peak.bytes == max(phase.bytes for phase in found.phases)
    assert found.fits == (not found.problems)
    assert twice.peak.bytes <= found.peak.bytes
    assert twice.seconds.total <= found.seconds.total
    assert found.peak.bytes <= found.gpu_memory or not found.fits


def test_the_documentation_shows_what_a_plan_counts():
    text = (RECIPES.parents[1] / "docs" / "training.md").read_text()
    rows = [line for line in text.splitlines() if re.match(r"\| (7B|32B), \d+ x 80 GB", line)]
    assert len(rows) == 5
    for row in rows:
        size, gpus = row.split()[1].strip(","), int(row.split()[2])
        name = "gpr_up_7b" if size == "7B" else "gpr_up_32b"
        settings = {"sharding": "fsdp2"} if "FSDP2" in row else {"sharding": "zero3"}
        found = planned(name, gpus, **settings)
        assert f"{found.peak.bytes / GB:.0f} GB" in row
        assert f"{found.checkpoint / GB:.0f} GB" in row
        assert found.fits == ("does not fit" not in row)
        if found.fits:
            assert f"| {found.seconds.total:.0f} s | {found.hours:.0f} h |" in row


# Models that are not in the list.


def test_a_folder_with_a_config_json_is_planned(tmp_path: Path):
    config = {
        "model_type": "qwen2", "hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28,
        "num_key_value_heads": 4, "intermediate_size": 18944, "vocab_size": 152064, "head_dim": None,
        "tie_word_embeddings": False, "rope_theta": 1000000.0,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert model_shape(str(tmp_path)) == model_shape("Qwen/Qwen2.5-7B")
    assert planned("gpr_up_7b", 8, model=str(tmp_path)).parameters == PARAMETERS["Qwen/Qwen2.5-7B"]


def test_a_model_that_is_not_known_says_what_to_give(tmp_path: Path):
    with pytest.raises(UsageError, match="the shape of other/model is not known") as refused:
        planned("gpr_up_7b", 8, model="other/model")
    assert "config.json" in (refused.value.fix or "")
    (tmp_path / "config.json").write_text('{"hidden_size": 8}')
    with pytest.raises(UsageError, match="lacks num_hidden_layers"):
        model_shape(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UsageError, match="can't be read as JSON"):
        model_shape(str(tmp_path))
    with pytest.raises(UsageError, match="can't train"):
        planned("gpr_up_7b", 8, 0)


# What is shown.


@pytest.mark.parametrize(("name", "gpus"), [("gpr_up_7b", 8), ("gpr_up_32b", 8), ("score_7b", 32)])
def test_the_report_fits_80_columns_and_says_what_counts(name: str, gpus: int):
    console = Console(width=80, record=True, color_system=None)
    found = planned(name, gpus)
    console.print(plan_report(found))
    text = console.export_text()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert ("It fits" in text) == found.fits
    for words in ("CUDA, NCCL", "1,024 sequences", "a checkpoint", "together", found.peak.name):
        assert words in text
    assert "…" not in text
    json.dumps(plan_json(found))


def test_a_plan_needs_no_torch():
    code = (
        "import sys; from crossthink_hub.training.recipe import read_recipe\n"
        "from crossthink_hub.training.plan import plan\n"
        "plan(read_recipe('gpr_up_32b'), 8, 80)\n"
        "print([one for one in ('torch', 'trl', 'transformers', 'accelerate') if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
