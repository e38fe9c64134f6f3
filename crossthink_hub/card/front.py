"""The YAML front matter of a card as text."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

FRONT = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
"""The front matter of a card, as readers find it."""
WIDE = 10_000
"""No line is broken: a path stays on one."""


class _Dumper(yaml.SafeDumper):
    """Writes a value again rather than a reference to it, as not all readers of cards know those."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Quote a text with line ends of other alphabets, which PyYAML else reads back as others."""
        node = super().represent_str(data)
        if any(end in data for end in "\x85\u2028\u2029"):
            node.style = '"'
        return node


_Dumper.add_representer(str, _Dumper.represent_str)


def read_front_matter(card: str) -> dict[str, Any]:
    """Return the metadata of a card; empty if it has none that can be read.

    Example:
        >>> read_front_matter("---\\nlicense: mit\\n---\\nText."), read_front_matter("Text.")
        ({'license': 'mit'}, {})
    """
    found = FRONT.match(card)
    try:
        metadata = yaml.safe_load(found["yaml"]) if found else None
    except yaml.YAMLError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def front_matter(metadata: Mapping[str, Any]) -> str:
    """Return metadata between the two lines that readers look for.

    Example:
        >>> front_matter({"license": "mit", "tags": ["a: b"]})
        "---\\nlicense: mit\\ntags:\\n- 'a: b'\\n---\\n"
    """
    text = yaml.dump(
        dict(metadata),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=WIDE,
        default_flow_style=False,
    )
    return f"---\n{text}---\n"
