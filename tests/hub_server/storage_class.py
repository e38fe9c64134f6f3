"""Which files the Hub keeps in LFS."""

import codecs

SUFFIXES = (".arrow", ".bin", ".gz", ".jpg", ".npy", ".parquet", ".pdf", ".png", ".tar", ".zip", ".zst")
LARGEST_REGULAR = 10 << 20
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in SUFFIXES).encode()
"""The `.gitattributes` of a new repository."""


def goes_to_lfs(path: str, size: int, sample: bytes) -> bool:
    """Return whether a file is for LFS: by its name, its size, or its first bytes.

    Example:
        >>> [goes_to_lfs(*file) for file in (("a.png", 1, b"P"), ("a", 2, "é".encode()), ("a", 1, b"\\0"))]
        [True, False, True]
    """
    return size > 0 and (path.endswith(SUFFIXES) or size > LARGEST_REGULAR or is_binary(sample))


def is_binary(sample: bytes) -> bool:
    """Return whether bytes are no text; a character may be cut off at their end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return True
    return b"\0" in sample
