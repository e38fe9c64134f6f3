"""Who asks; and the check of a README, which belongs to no repository."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

from hub_server.call import Call
from hub_server.replies import Reply, in_json


def whoami(call: Call) -> Reply:
    token = call.known()
    organisations = token.user.organisations.items()
    return in_json(
        {
            "type": "user",
            "id": token.user.name,
            "name": token.user.name,
            "fullname": token.user.name,
            "email": f"{token.user.name}@example.com",
            "isPro": False,
            "orgs": [
                {"type": "org", "id": name, "name": name, "fullname": name, "roleInOrg": role}
                for name, role in organisations
            ],
            "auth": {
                "type": "access_token",
                "accessToken": {"displayName": "test", "role": token.role},
            },
        }
    )


def validate_yaml(call: Call) -> Reply:
    """Check the metadata at the top of a README."""
    card, errors = front_matter(str(call.json().get("content", "")))
    warnings = [] if card or errors else [{"message": "empty or missing yaml metadata in repo card"}]
    found = {
        "errors": [{"message": message} for message in errors],
        "warnings": warnings,
    }
    return in_json(found, 400 if errors else 200)


@lru_cache(maxsize=64)
def front_matter(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the metadata at the top of a README, and what is wrong with it."""
    found = re.match(r"\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if not found:
        return {}, []
    try:
        card = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return {}, [f"bad YAML: {' '.join(str(error).split())}"]
    if card is None:
        return {}, []
    if not isinstance(card, dict):
        return {}, ["YAML metadata must be a mapping"]
    return card, list(_config_errors(card.get("configs", [])))


def _config_errors(configs: Any) -> Iterator[str]:
    if not isinstance(configs, list):
        yield '"configs" must be an array'
        return
    names = [config.get("config_name") if isinstance(config, dict) else None for config in configs]
    for number, name in enumerate(names):
        if not isinstance(name, str):
            yield f'"configs[{number}].config_name" must be a string'
        elif name in names[:number]:
            yield f'"configs[{number}].config_name" is there twice: {name}'
