"""Files that are not tables, such as models: kept under the hash of their bytes, checked before they are handed out.

What belongs here: keeping and fetching such files. What does not: tables (`store.lake`), and who refers to a file
(the ledgers).
"""

import hashlib
from dataclasses import dataclass

from butter_pipeline.store import Store
from butter_pipeline.store.files import LakeError, folder


@dataclass(frozen=True)
class Object:
    """A kept file: where it lies, relative to the lake's root, and the sha256 of its bytes."""

    uri: str
    hash: str


def keep(store: Store, place: str, data: bytes, suffix: str) -> Object:
    """Keep bytes under `place`, such as `models/success`; equal bytes are one file."""
    digest = hashlib.sha256(data).hexdigest()
    kept = Object(f"{place}/{digest}.{suffix}", digest)
    root = folder(store.lake)
    if root.size(kept.uri) != len(data):
        root.put(kept.uri, data)
    return kept


def fetch(store: Store, kept: Object) -> bytes:
    """The bytes of a kept file; raises `LakeError` unless they are what was kept."""
    root = folder(store.lake)
    try:
        data = root.get(kept.uri)
    except FileNotFoundError:
        raise LakeError(f"{root.full(kept.uri)}: the file is missing; restore it, or make it again") from None
    if hashlib.sha256(data).hexdigest() != kept.hash:
        raise LakeError(f"{root.full(kept.uri)}: its bytes are not what was kept; restore it, or make it again")
    return data
