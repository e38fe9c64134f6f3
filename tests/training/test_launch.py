"""Launch files: what accelerate and DeepSpeed make of them, and what the scripts really start."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from crossthink_hub.training.recipe import read_recipe

REPOSITORY = Path(__file__).parents[2]
LAUNCH = REPOSITORY / "train" / "launch"
SCRIPTS = ("launch.sh", "server_4_4.sh", "grpo.sbatch")
CONFIGS = {
    "fsdp2_1x8.yaml": (1, 8),
    "fsdp2_4x8.yaml": (4, 32),
    "zero3_1x8.yaml": (1, 8),
    "zero3_4x8.yaml": (4, 32),
    "one_gpu.yaml": (1, 1),
}
# The stack in which vLLM 0.31 and TRL 1.16 resolve.
STACK = {
    "vllm": "0.31.0", "trl": "1.16.0", "torch": "2.13.0", "transformers": "5.17.0",
    "huggingface_hub": "1.33.0", "datasets": "5.2.0", "accelerate": "1.15.0",
}  # fmt: skip


# The YAML and JSON.


def test_these_are_the_launch_files():
    assert {file.name for file in LAUNCH.iterdir()} == {*SCRIPTS, *CONFIGS, "zero3.json"}


@pytest.mark.parametrize("name", CONFIGS)
def test_accelerate_reads_each_config(name: str):
    args = pytest.importorskip("accelerate.commands.config.config_args")
    config = args.load_config_from_file(str(LAUNCH / name))  # refuses keys that it does not know
    assert (config.num_machines, config.num_processes) == CONFIGS[name]
    kind = {"fsdp2": "FSDP", "zero3": "DEEPSPEED", "one": "NO"}[name.partition("_")[0]]
    assert config.distributed_type == kind
    assert not config.use_cpu
    raw = yaml.safe_load((LAUNCH / name).read_text())
    assert raw["machine_rank"] == 0


@pytest.mark.parametrize("pair", [("fsdp2_1x8.yaml", "fsdp2_4x8.yaml"), ("zero3_1x8.yaml", "zero3_4x8.yaml")])
def test_one_node_and_four_differ_in_nothing_but_their_number(pair: tuple[str, str]):
    one, four = (yaml.safe_load((LAUNCH / name).read_text()) for name in pair)
    differ = {key for key in one | four if one.get(key) != four.get(key)}
    assert differ == {"num_machines", "num_processes"}


@pytest.mark.parametrize("name", ["fsdp2_1x8.yaml", "fsdp2_4x8.yaml"])
def test_fsdp2_loads_the_reference_model_in_every_process(name: str):
    """TRL shards the reference model without sending its weights round: every process must have them."""
    fsdp = yaml.safe_load((LAUNCH / name).read_text())["fsdp_config"]
    assert fsdp["fsdp_version"] == 2
    assert fsdp["fsdp_cpu_ram_efficient_loading"] is False
    assert fsdp["fsdp_reshard_after_forward"] is True


@pytest.mark.parametrize("name", ["zero3_1x8.yaml", "zero3_4x8.yaml"])
def test_zero3_leaves_to_the_json_what_stands_there(name: str):
    """With a DeepSpeed file, accelerate refuses keys of its own that the file has too."""
    config = yaml.safe_load((LAUNCH / name).read_text())
    assert "mixed_precision" not in config
    assert set(config["deepspeed_config"]) == {
        "deepspeed_config_file", "deepspeed_multinode_launcher", "zero3_init_flag",
    }  # fmt: skip
    assert (REPOSITORY / config["deepspeed_config"]["deepspeed_config_file"]).is_file()


@pytest.mark.parametrize(("gpus", "name"), [(8, "gpr_up_7b"), (32, "gpr_up_32b")])
def test_transformers_fills_what_deepspeed_leaves_open(gpus: int, name: str):
    """The code that does so in a run, which raises where a value contradicts the recipe."""
    integration = pytest.importorskip("transformers.integrations.deepspeed")
    from accelerate.utils.deepspeed import HfDeepSpeedConfig
    from trl import GRPOConfig

    class WithoutDeepSpeed(integration.HfTrainerDeepSpeedConfig, HfDeepSpeedConfig):
        """Its own __init__ asks for deepspeed to be installed, which nothing here calls."""

        def __init__(self, file: str) -> None:
            HfDeepSpeedConfig.__init__(self, file)
            self._dtype, self.mismatches = None, []

    arguments = GRPOConfig(**read_recipe(name).for_trl(gpus), use_cpu=True)
    seen = SimpleNamespace(**vars(arguments), world_size=gpus, get_warmup_steps=arguments.get_warmup_steps)
    config = WithoutDeepSpeed(str(LAUNCH / "zero3.json"))
    config.trainer_config_process(seen)
    model = SimpleNamespace(config=SimpleNamespace(hidden_size=5120))
    config.trainer_config_finalize(seen, model, 650)
    filled = config.config
    assert "auto" not in json.dumps(filled)
    assert filled["train_batch_size"] == 1024
    assert filled["gradient_clipping"] == 1.0
    assert filled["bf16"]["enabled"] is True
    assert filled["data_types"]["grad_accum_dtype"] == "fp32"
    assert config.is_zero3()


# The scripts.


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_bash_and_stops_at_the_first_error(name: str):
    file = LAUNCH / name
    subprocess.run(["bash", "-n", str(file)], check=True, timeout=30)
    text = file.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert name == "grpo.sbatch" or os.access(file, os.X_OK)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like the repository, with programs that write down how they were called."""
    (tmp_path / "train").mkdir()
    for name in ("launch", "recipes"):
        (tmp_path / "train" / name).symlink_to(REPOSITORY / "train" / name)
    (tmp_path / "train" / "grpo.py").write_text("")
    (tmp_path / "bin").mkdir()
    stub(tmp_path, "accelerate", 'echo "accelerate $CUDA_VISIBLE_DEVICES $*" >> calls')
    stub(tmp_path, "python", f'exec {sys.executable} "$@"')
    return tmp_path


def stub(checkout: Path, name: str, body: str) -> None:
    file = checkout / "bin" / name
    file.write_text(f"#!/usr/bin/env bash\n{body}\n")
    file.chmod(0o755)


def environment(checkout: Path, **more: str) -> dict[str, str]:
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CUDA_VISIBLE_DEVICES": "", **more}


def run(checkout: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", *command],
        cwd=checkout,
        env=environment(checkout, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


def calls(checkout: Path) -> list[str]:
    file = checkout / "calls"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize(
    ("recipe", "config", "arguments", "set_up"),
    [
        ("gpr_up_7b", "fsdp2_1x8.yaml", "--num_machines 1 --num_processes 8 --machine_rank 0", {}),
        (
            "gpr_up_32b",
            "zero3_4x8.yaml",
            "--num_machines 4 --num_processes 32 --machine_rank 3 --main_process_ip node-0",
            {"NODES": "4", "NODE": "3", "MASTER": "node-0"},
        ),
        ("gpr_up_7b", "fsdp2_1x8.yaml", "--num_machines 1 --num_processes 4", {"GPUS_PER_NODE": "4"}),
    ],
)
def test_launch_starts_the_recipe_with_the_config_of_its_sharding(
    recipe: str, config: str, arguments: str, set_up: dict[str, str], checkout: Path
):
    done = run(checkout, "train/launch/launch.sh", f"train/recipes/{recipe}.yaml", "max_steps=3", **set_up)
    assert done.returncode == 0, done.stderr
    (call,) = calls(checkout)
    assert f"--config_file train/launch/{config} {arguments}" in call
    assert call.endswith(f"train/grpo.py --config train/recipes/{recipe}.yaml max_steps=3")


def test_launch_trains_a_small_model_on_one_gpu(checkout: Path):
    settings = ("model=Qwen/Qwen2.5-0.5B", "sharding=none")
    recipe = "train/recipes/gpr_up_7b.yaml"
    done = run(checkout, "train/launch/launch.sh", recipe, *settings, GPUS_PER_NODE="1")
    assert done.returncode == 0, done.stderr
    assert "--config_file train/launch/one_gpu.yaml" in calls(checkout)[0]
    done = run(checkout, "train/launch/launch.sh", recipe, *settings)
    assert (done.returncode, len(calls(checkout))) == (2, 1)
    assert "sharding is none, and there are 8 GPUs" in done.stderr


def test_launch_refuses_before_any_process_starts(checkout: Path):
    recipe = "train/recipes/gpr_up_7b.yaml"
    for command, set_up, says in [
        ((recipe,), {"GPUS_PER_NODE": "6"}, "can't be divided among 6 GPUs"),
        ((recipe, "promts_per_step=3"), {}, "Did you mean 'prompts_per_step'?"),
        ((recipe, "--overlay", "missing.yaml"), {}, "missing.yaml: can't be read"),
        ((recipe,), {"NODES": "2"}, "set MASTER to the address"),
        ((), {}, "train/launch/launch.sh train/recipes/gpr_up_7b.yaml"),
    ]:
        done = run(checkout, "train/launch/launch.sh", *command, **set_up)
        assert done.returncode == 2
        assert says in done.stderr
    assert calls(checkout) == []


def test_server_mode_starts_vllm_waits_for_it_trains_and_ends_it(checkout: Path):
    stub(checkout, "trl", 'echo "trl $CUDA_VISIBLE_DEVICES $*" >> calls; touch up; exec sleep 60')
    stub(checkout, "curl", "test -f up")
    began = time.monotonic()
    done = run(checkout, "train/launch/server_4_4.sh", "train/recipes/gpr_up_7b.yaml", "max_steps=3")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 30  # the server, which would run for a minute, was ended
    server, training = calls(checkout)
    assert server.startswith("trl 4,5,6,7 vllm-serve --model Qwen/Qwen2.5-7B --tensor_parallel_size 4")
    assert "--max_model_len 5000" in server
    assert training.startswith("accelerate 0,1,2,3 launch --config_file train/launch/fsdp2_1x8.yaml")
    assert "--num_processes 4 train/grpo.py" in training
    assert "--overlay train/recipes/overlays/server.yaml max_steps=3 vllm_server_port=8000" in training


def test_trl_reads_the_arguments_of_the_server(checkout: Path):
    serve = pytest.importorskip("trl.scripts.vllm_serve")
    text = (LAUNCH / "server_4_4.sh").read_text()
    flags = re.findall(r"^  --(\w+)", text.partition("trl vllm-serve")[2].partition(">")[0], re.MULTILINE)
    assert set(flags) <= set(serve.ScriptArguments.__dataclass_fields__)
    assert "model" in flags


def test_a_server_that_does_not_start_ends_it_all(checkout: Path):
    stub(checkout, "trl", "echo no such model; exit 1")
    stub(checkout, "curl", "exit 1")
    done = run(checkout, "train/launch/server_4_4.sh", "train/recipes/gpr_up_7b.yaml")
    assert done.returncode == 1
    assert "the vLLM server ended" in done.stderr
    assert "no such model" in done.stderr
    assert calls(checkout) == []


# Slurm.

SLURM = {
    "SLURM_JOB_ID": "41",
    "SLURM_JOB_NODELIST": "node[0-3]",
    "SLURM_JOB_NUM_NODES": "4",
    "SLURM_GPUS_ON_NODE": "8",
    "SLURM_NODEID": "2",
}


@pytest.fixture
def cluster(checkout: Path) -> Path:
    stub(
        checkout,
        "scontrol",
        'if [ "$1" = show ]; then printf "node0\\nnode1\\n"; else echo "scontrol $*" >> calls; fi',
    )
    stub(checkout, "srun", 'while [[ "$1" == --* ]]; do shift; done; exec "$@"')
    return checkout


def test_slurm_starts_each_node_with_its_place(cluster: Path):
    script = "train/launch/grpo.sbatch"
    done = run(cluster, script, "train/recipes/gpr_up_32b.yaml", SLURM_SUBMIT_DIR=str(cluster), **SLURM)
    assert done.returncode == 0, done.stderr
    (call,) = calls(cluster)  # and nothing was put back into the queue
    assert "--num_machines 4 --num_processes 32 --machine_rank 2 --main_process_ip node0" in call
    assert call.endswith("resume_from_checkpoint=latest")


@pytest.mark.parametrize(("status", "again"), [(0, True), (1, False)])
def test_slurm_stops_the_run_and_puts_it_back_when_time_is_nearly_up(status: int, again: bool, cluster: Path):
    stub(
        cluster,
        "accelerate",
        f'touch started; until [ -f "$CROSSTHINK_STOP_FILE" ]; do sleep 0.1; done; exit {status}',
    )
    job = subprocess.Popen(
        ["bash", "train/launch/grpo.sbatch", "train/recipes/gpr_up_32b.yaml"],
        cwd=cluster,
        env=environment(cluster, SLURM_SUBMIT_DIR=str(cluster), **SLURM),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(300):
            if (cluster / "started").exists():
                break
            time.sleep(0.1)
        job.send_signal(signal.SIGUSR1)  # as --signal=B:USR1 does, to the script alone
        assert job.wait(timeout=30) == status
    finally:
        os.killpg(job.pid, signal.SIGKILL) if job.poll() is None else None
    assert calls(cluster) == (["scontrol requeue 41"] if again else [])
    assert not (cluster / ".stop-41").exists()


def test_slurm_asks_for_what_the_script_relies_on():
    asked = re.findall(r"^#SBATCH (\S+)", (LAUNCH / "grpo.sbatch").read_text(), re.MULTILINE)
    assert {"--requeue", "--signal=B:USR1@1200", "--ntasks-per-node=1", "--open-mode=append"} <= set(asked)


# The versions.


def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints-gpu.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_the_gpu_stack_is_the_one_that_resolves():
    found = pins()
    assert {name: found[name] for name in STACK} == STACK
    assert Version(found["deepspeed"]) >= Version("0.18.6")  # what trl[deepspeed] asks for
    assert Version(found["transformers"]) < Version("5.18")  # what vllm 0.31 asks for
    assert Version(found["huggingface_hub"]) < Version("2")  # what transformers 5.17 asks for
    assert not any("+" in version for version in found.values())


def test_the_gpu_stack_is_inside_our_own_bounds():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = [
        Requirement(one) for one in (*project["dependencies"], *project["optional-dependencies"]["train"])
    ]
    found = {name.lower().replace("_", "-"): version for name, version in pins().items()}
    for one in asked:
        name = one.name.lower().replace("_", "-")
        assert name in found
        assert one.specifier.contains(found[name]), f"{name} {found[name]} is not {one.specifier}"
