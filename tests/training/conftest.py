"""What the tests of training share: a built sample, a model made on the spot, and a recipe for both."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.training.recipe import Recipe, read_recipe

CHATML = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n{{ turn.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gpr_up and mmlu, built of the embedded sample."""
    folder = tmp_path_factory.mktemp("data") / "crossthink"
    build(BuildSettings(configs=("gpr_up", "mmlu")), "sample", folder)
    return folder


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Qwen2 of random weights and a byte tokenizer: it says nothing sensible, but fast."""
    import torch
    from rollouts import byte_tokenizer
    from transformers import Qwen2Config, Qwen2ForCausalLM

    folder = tmp_path_factory.mktemp("models") / "random"
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = CHATML
    shape = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        num_key_value_heads=1,
        max_position_embeddings=8192,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **shape,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def recipe_file(tmp_path: Path, sample_build: Path, random_model: Path) -> Path:
    """A recipe that trains the random model on the sample: a step is 4 prompts x 4 completions."""
    values = {
        "title": "a few steps on two cores",
        "model": str(random_model),
        "dataset": str(sample_build),
        "config": "gpr_up",
        "prompts_per_step": 4,
        "num_generations": 4,
        "per_device_train_batch_size": 8,
        "max_prompt_length": 400,
        "max_completion_length": 12,
        "max_steps": 4,
        "save_steps": 1,
        "learning_rate": 1e-3,
        "lr_scheduler_type": "linear",
        "beta": 0.001,
        "shuffle_dataset": False,
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "zero_reward_patience": None,
        "output_dir": str(tmp_path / "run"),
    }
    path = tmp_path / "few_steps.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.fixture
def few_steps(recipe_file: Path) -> Callable[..., Recipe]:
    """Return the recipe with whatever settings go over it."""

    def recipe(**settings: object) -> Recipe:
        return read_recipe(recipe_file, **settings)

    return recipe
