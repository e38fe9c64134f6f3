"""The README.md to push where the one on the Hub may have been edited by hand: what people wrote is kept.

The part between the markers is ours; what stands before and after it is theirs, to the byte. In the front
matter the keys that we write are ours, and all others, comments, further tags, and configs of other files are
theirs.
"""

import re
from typing import NamedTuple, TypeAlias

import yaml

from crossthink_hub.building.index import OWN_TABLE
from crossthink_hub.card.front import FRONT, WIDE
from crossthink_hub.card.markers import marked
from crossthink_hub.card.metadata import KEYS, SOMETIMES

COMMENT = re.compile(r"^#.*\n?", re.MULTILINE)
TAGS, CONFIGS, INFO = "tags", "configs", "dataset_info"
UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What the YAML library raises: of a date that there is not, it is a ValueError, of a false tag others."""
Pair: TypeAlias = tuple[yaml.Node, yaml.Node]


class Card(NamedTuple):
    """A card in its parts: the YAML of its front matter, its entries by key, and what follows."""

    head: str
    pairs: dict[str, Pair]
    body: str


def merged(ours: str, theirs: str | None) -> str:
    r"""Return our card with what people wrote around it in theirs.

    Where theirs has no markers, its body stands below ours.

    Args:
        ours: a card as `card_text` makes it.
        theirs: the card as it is now; None if there is none.

    Example:
        >>> from crossthink_hub.card.markers import BEGIN, END
        >>> ours = f"---\nlicense: mit\n---\n{BEGIN}\nNew.\n{END}\n"
        >>> theirs = f"---\nlicense: other\nviewer: false\n---\nHello!\n{BEGIN}\nOld.\n{END}\n"
        >>> print(merged(ours, theirs))
        ---
        license: mit
        viewer: false
        ---
        Hello!
        <!-- crossthink: ...
        New.
        <!-- crossthink: ...
    """
    if theirs is None:
        return ours
    own, other = _card(ours), _card(theirs)
    before, part, after = marked(own.body) or ("", own.body, "")
    around = marked(other.body)
    before, after = (around[0], around[2]) if around else (before, after + other.body)
    head = _with_further_items(own, other) + _further_entries(own, other)
    return f"---\n{head}---\n{before}{part}{after}"


def is_edited(text: str) -> bool:
    """Tell whether people wrote around the generated part of a card.

    Example:
        >>> is_edited("No markers, so nothing is known of it.")
        False
    """
    found = marked(_card(text).body)
    return found is not None and bool((found[0] + found[2]).strip())


def without_edits(text: str) -> str:
    r"""Return a card as it was made, before people wrote into it; one without markers as it is.

    Of the tags it is not known who wrote them: all are kept.

    Example:
        >>> from crossthink_hub.card.markers import BEGIN, END
        >>> ours = f"---\nlicense: mit\n---\n\n{BEGIN}\nText.\n{END}\n"
        >>> without_edits(ours.replace("---\n\n", "viewer: false\n---\nHello!\n")) == ours
        True
    """
    card = _card(text)
    found = marked(card.body)
    if not found:
        return text
    head = "".join(_whole_lines(card.head[slice(*_span(card, key))]) for key in card.pairs if key in KEYS)
    return f"---\n{head}---\n\n{found[1]}"


def _card(text: str) -> Card:
    """Take a card apart. Front matter that is no YAML with keys stays in the body: it is someone's words."""
    found = FRONT.match(text)
    node = _mapping(found["yaml"]) if found else None
    if not found or node is None:
        return Card("", {}, text)
    pairs = {key.value: (key, value) for key, value in node.value}
    return Card(_whole_lines(found["yaml"]), pairs, text[found.end() :])


def _mapping(text: str) -> yaml.MappingNode | None:
    """Return YAML as a tree; None unless all of it can be read, and it has keys, each of them once."""
    try:
        yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UNREADABLE:
        return None
    if node is None:
        return yaml.MappingNode("tag:yaml.org,2002:map", [], flow_style=False)
    if not isinstance(node, yaml.MappingNode):
        return None
    keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    return node if len(set(keys)) == len(node.value) else None


def _with_further_items(own: Card, other: Card) -> str:
    """Return our YAML, with the tags, and the configs of other files, that theirs has and ours has not."""
    head = own.head
    further = {TAGS: _further_tags(own, other), **_further_configs(own, other)}
    for key in sorted(further, key=lambda key: _span(own, key)[0] if key in own.pairs else -1, reverse=True):
        if further[key] and key in own.pairs:
            name, mine = own.pairs[key]
            start, end = _span(own, key)
            items = _sequence([*_items(mine), *further[key]])
            head = head[:start] + _text_of([(name, items)]) + head[end:]
    return head


def _further_tags(own: Card, other: Card) -> list[yaml.Node]:
    known = {_text(tag) for tag in _listed(own, TAGS)}
    return [tag for tag in _listed(other, TAGS) if _text(tag) not in known]


def _further_configs(own: Card, other: Card) -> dict[str, list[yaml.Node]]:
    """Return the configs that people added, and what they say of them; ours of an earlier version are not."""
    taken = {_name(config) for config in _listed(own, CONFIGS)}
    theirs = [
        config
        for config in _listed(other, CONFIGS)
        if _name(config) not in taken and not OWN_TABLE.search(_text(config))
    ]
    names = {_name(config) for config in theirs} - {None}
    infos = [info for info in _listed(other, INFO) if _name(info) in names]
    return {CONFIGS: [_not_default(config) for config in theirs], INFO: infos}


def _not_default(config: yaml.Node) -> yaml.Node:
    """Return a config that is not loaded where none is named: one of ours is, and two are too many."""
    if not isinstance(config, yaml.MappingNode):
        return config
    pairs = [(key, value) for key, value in config.value if key.value != "default"]
    return yaml.MappingNode(config.tag, pairs, flow_style=config.flow_style)


def _name(node: yaml.Node) -> str | None:
    """Return the config that an entry is of."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((str(value.value) for key, value in pairs if key.value == "config_name"), None)


def _listed(card: Card, key: str) -> list[yaml.Node]:
    return _items(card.pairs[key][1]) if key in card.pairs else []


def _items(node: yaml.Node) -> list[yaml.Node]:
    """Return the entries of a list; what is no list is the only entry, null is none."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    return [] if node.tag == "tag:yaml.org,2002:null" else [node]


def _sequence(items: list[yaml.Node]) -> yaml.SequenceNode:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=False)


def _further_entries(own: Card, other: Card) -> str:
    """Return the text of the entries of theirs that are not ours to write, and of all comments.

    It is as they wrote it, unless that does not say the same by itself: an entry may be part of a line, or
    refer to another.
    """
    further = [pair for key, pair in other.pairs.items() if not _is_ours(key, own)]
    written = _as_written(own, other)
    alone = _mapping(written)
    if alone is not None and _text_of(alone.value) == _text_of(further):
        return written
    return _comments(other.head) + (_text_of(further) if further else "")


def _is_ours(key: str, own: Card) -> bool:
    return key in own.pairs or key in SOMETIMES


def _as_written(own: Card, other: Card) -> str:
    starts = [node.start_mark.index for node, _ in other.pairs.values()]
    parts = [_comments(other.head[: starts[0]] if starts else other.head)]
    for key in other.pairs:
        start, end = _span(other, key)
        written = other.head[start:end]
        parts.append(_comments(written) if _is_ours(key, own) else _whole_lines(written))
    return "".join(parts)


def _span(card: Card, key: str) -> tuple[int, int]:
    """Return where an entry begins, and where the next one does."""
    starts = [node.start_mark.index for node, _ in card.pairs.values()]
    place = list(card.pairs).index(key)
    return starts[place], [*starts, len(card.head)][place + 1]


def _comments(text: str) -> str:
    return "".join(_whole_lines(line) for line in COMMENT.findall(text))


def _whole_lines(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _text_of(pairs: list[Pair]) -> str:
    node = yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
    text: str = yaml.serialize(node, Dumper=yaml.SafeDumper, allow_unicode=True, width=WIDE)
    return text


def _text(node: yaml.Node) -> str:
    """Return what tells a tag from another."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    text: str = yaml.serialize(node, Dumper=yaml.SafeDumper, width=WIDE)
    return text
