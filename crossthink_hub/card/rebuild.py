"""The command that builds a folder again, from the settings in its manifest."""

import shlex

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.recipe.configs import configs as known

UNSOLD = "may not be sold"
FLAGS = {"oversample": "--oversample", "commercial_only": "--commercial-only", "strict": "--strict"}


def rebuild_command(manifest: Manifest) -> str:
    """Return the command that makes such a build.

    Files of a folder and blends of one's own are no part of a build: `FOLDER` and `NAME.yaml` stand for them.

    Example:
        >>> settings = {"seed": 0, "size": 100, "oversample": False, "commercial_only": False, "strict": True}
        >>> asked = {"configs": {"nd": {}, "mine": {}}, "configs_left_out": {}, "left_out": {}}
        >>> rebuild_command({**settings, **asked, "kind": "sample"})
        'crossthink build nd --blend mine.yaml --sources sample --seed 0 --size 100 --strict'
    """
    asked = [*manifest["configs"], *manifest["configs_left_out"]]
    named = [name for name in asked if name in known()]
    missing = any(not reason.startswith(UNSOLD) for reason in manifest["left_out"].values())
    parts = [
        "crossthink build",
        *(["--all"] if set(named) == set(known()) else map(shlex.quote, named)),
        *(f"--blend {shlex.quote(f'{name}.yaml')}" for name in asked if name not in known()),
        *({"hub": [], "sample": ["--sources sample"]}.get(manifest["kind"], ["--sources FOLDER"])),
        f"--seed {manifest['seed']}",
        *([f"--size {manifest['size']}"] if manifest["size"] else []),
        *(flag for name, flag in FLAGS.items() if manifest[name]),
        *(["--allow-missing"] if missing or manifest["configs_left_out"] else []),
    ]
    return " ".join(parts)


def has_own_blends(manifest: Manifest) -> bool:
    """Tell whether some config is a blend of the builder's own."""
    return not set(manifest["configs"]) <= set(known())
