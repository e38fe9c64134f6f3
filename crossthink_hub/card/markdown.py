"""Text that comes from data, so that it stays what it is in Markdown: no table breaks, nothing is markup."""

import re
import unicodedata
from collections.abc import Iterable

MARKUP = re.compile(r"([\\`*_\[\]<>|~$#&!])")


def prose(text: object) -> str:
    r"""Return text that Markdown shows as it is, on one line.

    Example:
        >>> print(prose("a | b\n\n# <!-- _c_ -->"))
        a \| b \# \<\!-- \_c\_ --\>
    """
    return MARKUP.sub(r"\\\1", _on_one_line(text))


def code(text: object) -> str:
    r"""Return text as code in a cell of a table.

    Example:
        >>> print(code("gpr_up"), code("a|b"), code("one`two"))
        `gpr_up` `a\|b` ``one`two``
    """
    line = _on_one_line(text).replace("|", r"\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    space = " " if not line or "`" in (line[0], line[-1]) else ""
    return f"{fence}{space}{line}{space}{fence}"


def codes(texts: Iterable[object]) -> str:
    """Return texts as code, with commas.

    Example:
        >>> codes(["nd", "gpr_up"])
        '`nd`, `gpr_up`'
    """
    return ", ".join(map(code, texts))


def block(lines: Iterable[object]) -> str:
    """Return lines as a block of code that none of them can end.

    Example:
        >>> block(["a", "b"])
        '```text\\na\\nb\\n```'
    """
    text = "\n".join(re.sub(r"\s", " ", str(line)) for line in lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def counted(number: int, thing: str) -> str:
    """Return how many there are of a thing.

    Example:
        >>> counted(1, "config"), counted(1_200, "row")
        ('1 config', '1,200 rows')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    r"""Return text without what a terminal takes as orders.

    Example:
        >>> printable("\x1b[31mred")
        '�[31mred'
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) == "Cc" else sign for sign in text
    )


def _on_one_line(text: object) -> str:
    return printable(" ".join(str(text).split()))
