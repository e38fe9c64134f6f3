#!/usr/bin/env bash
# Train a recipe, vLLM on the GPUs that train. From the repository's root, on one node:
#   train/launch/launch.sh train/recipes/gpr_up_7b.yaml [--overlay FILE ...] [key=value ...]
# On several nodes, the same on each, with NODES, NODE and MASTER set; under Slurm grpo.sbatch does that:
#   NODES=4 NODE=0 MASTER=10.0.0.1 train/launch/launch.sh train/recipes/gpr_up_32b.yaml
# GPUS_PER_NODE is 8 and PORT 29500 unless set.
set -euo pipefail

if [ $# -lt 1 ] || [ ! -f train/grpo.py ]; then
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
recipe="$1"
shift

nodes="${NODES:-1}"
gpus="$((nodes * ${GPUS_PER_NODE:-8}))"
if [ "$nodes" -gt 1 ] && [ -z "${MASTER:-}" ]; then
  echo "error: with several nodes, set MASTER to the address of the first" >&2
  exit 2
fi

# A batch that can't be divided among the GPUs is refused here, before any process starts.
facts="$(python -m crossthink_hub.training.launching "$gpus" "$recipe" "$@")"
read -r sharding _ _ <<<"$facts"
case "$sharding-$nodes" in
  none-*) config=one_gpu.yaml ;;
  *-1) config="${sharding}_1x8.yaml" ;;
  *) config="${sharding}_4x8.yaml" ;;
esac

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-8}"
export TOKENIZERS_PARALLELISM=false
exec accelerate launch \
  --config_file "train/launch/$config" \
  --num_machines "$nodes" \
  --num_processes "$gpus" \
  --machine_rank "${NODE:-0}" \
  --main_process_ip "${MASTER:-127.0.0.1}" \
  --main_process_port "${PORT:-29500}" \
  train/grpo.py --config "$recipe" "$@"
