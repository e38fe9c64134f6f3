"""What a client program needs to take a Hub for the real one: read when `huggingface_hub` is imported."""

import os
from pathlib import Path


def client_environment(folder: Path, url: str, token: str | None = None) -> dict[str, str]:
    """Return the environment of a program whose Hub is at `url`, and whose cache is in `folder`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    return {
        **inherited,
        "HF_ENDPOINT": url,
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "NO_PROXY": "*",
        "COLUMNS": "200",
        **({"HF_TOKEN": token} if token else {}),
    }
