r"""Answers as words: what does not count when two texts are compared."""

import re
import unicodedata
from functools import lru_cache

from crossthink_hub.grading.formula.notation import mend, spelled

WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|textsf|mathrm|mathbf|mbox|emph|operatorname|boxed)"
    r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)
LAYOUT = re.compile(
    r"\\(?:left|right|displaystyle|large|[,;:! ])|\*\*|\\\(|\\\)|\\\[|\\\]|\$|`|(?<=\w)~(?=\w)"
)
MARKED = re.compile(r"[\\$*`~]")
FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Latin letters, digits and signs as wide as Chinese ones."""
HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-\u2010-\u2015](?=[^\W\d_]{2})")
"""Joins words; between single letters it is a minus."""
PUNCTUATION = re.compile(r"[.](?!\d)|,(?!\d{3})|[;:\"“”‘’«»。]|(?<![\w'])'|(?<=[a-z]{2})'(?!\w)")
FINAL = re.compile(r"(?<=[^\W\d_]{2})[!?.]+\Z")
"""An exclamation after words; after a number or a letter it is a factorial."""
ARTICLE = re.compile(r"\b(?:[Tt]he|an|a)\s+(?=\w\w)|\A(?:A|An)\s+(?=[a-z]{2})")
CLOCK = re.compile(r"\b([aApP])\.?\s?[mM]\b\.?")
WORD = re.compile(r"\w+")


@lru_cache(maxsize=8192)
def wording(text: str) -> str:
    r"""Return what counts of a text: its words and signs in order, without articles, quotes and full stops.

    Signs of mathematics stay, and case where it tells things apart: `C++` is not `C`, `CO` not `Co`.

    Example:
        >>> wording("The sky is **blue**."), wording(r"\text{Well-being}"), wording("a")
        ('sky is blue', 'well being', 'a')
    """
    text = unwrapped(unicodedata.normalize("NFC", spelled(mend(text)).translate(FULLWIDTH)))
    text = PUNCTUATION.sub(" ", FINAL.sub("", HYPHEN.sub(" ", CLOCK.sub(r"\1m", text))))
    return " ".join(map(_folded, ARTICLE.sub("", " ".join(text.split())).split()))


def _folded(token: str) -> str:
    """Return a word without its case where that says nothing: in `MARS`, not in `CO`, `NaCl` and `n`."""
    if len(token) == 1 or (len(token) == 2 and token[1].isupper()):
        return token
    return token.casefold() if token.islower() or token.istitle() or token.isupper() else token


@lru_cache(maxsize=8192)
def unwrapped(text: str) -> str:
    r"""Return a text without the commands and marks that only set how it looks.

    Example:
        >>> unwrapped(r"$\text{(B)}\ \textbf{east}$")
        '(B) east'
    """
    if not MARKED.search(text):
        return " ".join(text.split())
    while True:
        inner = WRAPPER.sub(r"\1", text)
        if inner == text:
            return " ".join(LAYOUT.sub(" ", text).split())
        text = inner


def words(text: str) -> frozenset[str]:
    """Return the set of words of a text.

    Example:
        >>> sorted(words("The sky is blue."))
        ['blue', 'is', 'sky']
    """
    return frozenset(WORD.findall(wording(text)))


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether a text has the words of a phrase next to each other.

    Example:
        >>> has_phrase("The sky is blue", "sky is"), has_phrase("skyline", "sky")
        (True, False)
    """
    inside = wording(phrase)
    return bool(inside) and f" {inside} " in f" {wording(text)} "
