r"""Answers as words: what does not count when two texts are compared."""

import re
import unicodedata
from functools import lru_cache

from crossthink_hub.grading.formula.notation import mend

WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox|emph|operatorname)\s*\{([^{}]*)\}"
)
LAYOUT = re.compile(r"\\(?:left|right|displaystyle|[,;:! ])|\*\*|\\\(|\\\)|\\\[|\\\]|\$|~|`")
BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[-\u2010-\u2015](?=[^\W\d_])")
PUNCTUATION = re.compile(r"""[.](?!\d)|[,](?!\d{3})|[;:!?"“”‘’«»]|'(?!\w)|(?<!\w)'""")
ARTICLES = re.compile(r"\b(?:the|an?)\s+(?=\S)")
WORD = re.compile(r"\w+")


@lru_cache(maxsize=8192)
def wording(text: str) -> str:
    r"""Return what counts of a text: its words and signs in order, without articles, quotes and full stops.

    Nor does case count, but that of a letter alone.

    Signs of mathematics stay: `C++` is not `C`, and `-5` not `5`.

    Example:
        >>> wording("The sky is **blue**."), wording(r"\text{Well-being}"), wording("a")
        ('sky is blue', 'well being', 'a')
    """
    text = unwrapped(unicodedata.normalize("NFKC", mend(text)))
    text = BETWEEN_LETTERS.sub(" ", text.casefold() if len(text) > 1 else text)
    text = PUNCTUATION.sub(" ", text)
    return ARTICLES.sub("", " ".join(text.split())).strip()


def unwrapped(text: str) -> str:
    r"""Return a text without the commands and marks that only set how it looks.

    Example:
        >>> unwrapped(r"$\text{(B)}\ \textbf{east}$")
        '(B) east'
    """
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
