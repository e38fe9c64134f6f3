"""Templates of cards: Markdown in which whatever comes from data goes through a filter that escapes it."""

from functools import cache
from typing import TYPE_CHECKING

from crossthink_hub.card import markdown

if TYPE_CHECKING:
    from jinja2 import Template

FILTERS = {
    "block": markdown.block,
    "code": markdown.code,
    "codes": markdown.codes,
    "counted": markdown.counted,
    "file_line": "{0[sha256]}  {0[bytes]:>13,}  {0[path]}".format,
    "number": "{:,}".format,
    "prose": markdown.prose,
}


@cache
def card_template(text: str) -> "Template":
    """Return a template; a name in it that nothing is given for is an error.

    Example:
        >>> card_template("{{ name | code }}: {{ rows | number }}").render(name="gpr_up", rows=2923)
        '`gpr_up`: 2,923'
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=False,  # it is for HTML; the filters escape for Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment.from_string(text)
