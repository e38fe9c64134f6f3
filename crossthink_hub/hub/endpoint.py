"""Which Hub is spoken to, and what may be repeated of what it says: never a password, never a token."""

import re

TOKEN = re.compile(r"\b(hf_|api_org_)\w+")


def endpoint() -> str:
    """Return the address of the Hub, without a user name or password in it."""
    from huggingface_hub import constants

    return harmless(constants.ENDPOINT)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without passwords and tokens.

    Example:
        >>> first_line(OSError("refused: https://you:secret@proxy:80\\nmore"))
        'refused: https://proxy:80'
    """
    return harmless(next(iter(str(error).splitlines()), type(error).__name__))


def harmless(text: str) -> str:
    """Return a text without passwords in its addresses and without tokens.

    Example:
        >>> harmless("Authorization: Bearer hf_abcDEF123")
        'Authorization: Bearer hf_…'
    """
    return TOKEN.sub(r"\1…", re.sub(r"//[^/@\s]*@", "//", text))
