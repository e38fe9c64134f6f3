"""Ids as Git makes them: of contents, of the pointers that stand for files in LFS, of folders, of commits."""

import hashlib
from collections.abc import Iterable, Mapping


def blob_oid(data: bytes) -> str:
    """Return the id of a file's content.

    Example:
        >>> blob_oid(b"a\\n")
        '78981922613b2afb6025042ff6bd878ac1994e85'
    """
    return _oid("blob", data)


def pointer(sha256: str, size: int) -> bytes:
    """Return what Git keeps of a file in LFS."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def folder_oids(files: Mapping[str, str]) -> dict[str, str]:
    """Return the id of every folder by its path, the root's under the empty one.

    Args:
        files: the id of each file by its path.

    Example:
        >>> list(folder_oids({"a/b/c": "0" * 40, "d": "1" * 40}))
        ['a/b', 'a', '']
    """
    children: dict[str, list[tuple[str, str, bool]]] = {"": []}
    for path, oid in files.items():
        folder, _, name = path.rpartition("/")
        children.setdefault(folder, []).append((name, oid, False))
    for folder in list(children):
        for depth in range(folder.count("/") + 1):
            children.setdefault("/".join(folder.split("/")[:depth]), [])
    oids: dict[str, str] = {}
    for folder in sorted(children, key=lambda path: (-path.count("/"), path == "", path)):
        oids[folder] = _tree_oid(children[folder])
        if folder:
            parent, _, name = folder.rpartition("/")
            children[parent].append((name, oids[folder], True))
    return oids


def commit_oid(tree: str, parent: str | None, author: str, date: str, text: str) -> str:
    """Return the id of a commit."""
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {author} {date}", "", text]
    return _oid("commit", "\n".join(lines).encode())


def _tree_oid(entries: Iterable[tuple[str, str, bool]]) -> str:
    ordered = sorted(entries, key=lambda entry: entry[0].encode() + (b"/" if entry[2] else b""))
    rows = (
        (b"40000 " if folder else b"100644 ") + name.encode() + b"\0" + bytes.fromhex(oid)
        for name, oid, folder in ordered
    )
    return _oid("tree", b"".join(rows))


def _oid(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()
