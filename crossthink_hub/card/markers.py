"""The two lines of a card between which everything is generated; what stands around them is its editors'."""

import re

BEGIN = (
    '<!-- crossthink: from here to the line "end of the generated part" this card is generated; '
    "write before or after it, what stands there is kept -->"
)
END = "<!-- crossthink: end of the generated part -->"
_LINE = r"^[ \t]*{}[ \t]*(?:\r?\n|\Z)"
_BEGIN, _END = (re.compile(_LINE.format(re.escape(mark)), re.MULTILINE) for mark in (BEGIN, END))


def marked(text: str) -> tuple[str, str, str] | None:
    """Return what is before the generated part of a card, this part with its two markers, and what is after.

    None if there is no such part. If a part begins twice before it ends, someone lost an end: only what is
    after the second beginning is generated.

    Example:
        >>> before, part, after = marked(f"mine{chr(10)}{BEGIN}{chr(10)}yours{chr(10)}{END}{chr(10)}mine too")
        >>> before, after
        ('mine\\n', 'mine too')
        >>> marked(f"{END}{chr(10)}{BEGIN}") is None
        True
    """
    begins = [found.start() for found in _BEGIN.finditer(text)]
    for end in _END.finditer(text):
        if earlier := [begin for begin in begins if begin < end.start()]:
            begin = earlier[-1]
            return text[:begin], text[begin : end.end()], text[end.end() :]
    return None


def own_part(text: str) -> str | None:
    """Return what is between the markers, without them; None if there are none.

    Example:
        >>> own_part(f"{BEGIN}{chr(10)}generated{chr(10)}{END}{chr(10)}")
        'generated\\n'
    """
    found = marked(text)
    if not found:
        return None
    begin, end = _BEGIN.search(found[1]), list(_END.finditer(found[1]))[-1]
    assert begin
    return found[1][begin.end() : end.start()]
