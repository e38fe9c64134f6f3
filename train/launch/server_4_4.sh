#!/usr/bin/env bash
# Train a recipe on one node of 8 GPUs: 4 train while vLLM generates on the other 4. From the repository's root:
#   train/launch/server_4_4.sh train/recipes/gpr_up_7b.yaml [--overlay FILE ...] [key=value ...]
# 4 divides the 28 heads of Qwen2.5-7B, its 4 key-value heads, and the 1,024 sequences of a step; 8 does not.
set -euo pipefail

if [ $# -lt 1 ] || [ ! -f train/grpo.py ]; then
  sed -n '2,3s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
recipe="$1"
shift
port="${VLLM_PORT:-8000}"
log="${VLLM_LOG:-vllm-server.log}"
set -- --overlay train/recipes/overlays/server.yaml "$@" "vllm_server_port=$port"

facts="$(python -m crossthink_hub.training.launching 4 "$recipe" "$@")"
read -r sharding context model <<<"$facts"

CUDA_VISIBLE_DEVICES="${SERVER_GPUS:-4,5,6,7}" trl vllm-serve \
  --model "$model" \
  --tensor_parallel_size 4 \
  --max_model_len "$context" \
  --gpu_memory_utilization 0.9 \
  --dtype bfloat16 \
  --host 127.0.0.1 \
  --port "$port" \
  >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT

echo "waiting for vLLM on port $port; it writes to $log"
until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; do
  if ! kill -0 "$server" 2>/dev/null; then
    echo "error: the vLLM server ended; the last lines of $log:" >&2
    tail -n 20 "$log" >&2
    exit 1
  fi
  sleep 3
done

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-8}"
export TOKENIZERS_PARALLELISM=false
CUDA_VISIBLE_DEVICES="${TRAINING_GPUS:-0,1,2,3}" accelerate launch \
  --config_file "train/launch/${sharding}_1x8.yaml" \
  --num_processes 4 \
  train/grpo.py --config "$recipe" "$@"
