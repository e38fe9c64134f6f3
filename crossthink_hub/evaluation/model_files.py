"""Which weights a model has: two runs of one folder are of one model only if its files are the same."""

import hashlib
from pathlib import Path

ENDING = 1 << 20
"""Bytes at the end of each file that are read: training changes all weights, the last too."""
LEFT_OUT = (".md", ".png", ".json.part")


def model_digest(model: str, revision: str | None = None) -> str | None:
    """Return a digest of the names, sizes and ends of a model's files; of one on the Hub its commit.

    None where that is not known: nothing of it has been downloaded yet.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "model.safetensors").write_bytes(b"weights")
        ...     one = model_digest(folder)
        ...     _ = Path(folder, "model.safetensors").write_bytes(b"changed")
        ...     one == model_digest(folder)
        False
    """
    folder = Path(model)
    if not folder.is_dir():
        return _commit(model, revision)
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.endswith(LEFT_OUT):
            bytes_ = path.stat().st_size
            with path.open("rb") as file:
                file.seek(max(0, bytes_ - ENDING))
                whole.update(f"{path.name} {bytes_} ".encode() + file.read())
    return whole.hexdigest()


def _commit(model: str, revision: str | None) -> str | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else None
