"""Define the traits of how an object is stored, served and reached: bucket, sender, offset, codec, byte order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from fuzz.subjects.reductions.scene import Scene, SimplerScene, fields_of
from specs.manners import MANNERS, Manner, a_store
from specs.reductions.dtypes import ITEM_SIZES
from specs.reductions.request import Filter
from specs.reductions.steps import Credential, Spelling
from specs.spellings import SPELLINGS, a_spelling

WIDEST = max(ITEM_SIZES.values())
FAR = 256
SENDER = "another sender"
SENDERS: Mapping[str, Credential | None] = MappingProxyType(
    {
        "anonymous": None,
        "a stranger's credentials": "stranger",
        "unknown credentials": "unknown",
        "a wrong secret": "wrong-secret",
        "the owner's credentials": "owner",
    }
)
NULLS = "a null"
NULL_FOR = "null for "
SENDERS_TOLD = {credentials: name for name, credentials in SENDERS.items()}


def _interface(scene: Scene) -> Scene | None:
    return replace(scene, interface="s3") if scene.interface != "s3" else None


def _owner(scene: Scene) -> Scene | None:
    return replace(scene, credentials="owner") if scene.credentials != "owner" else None


def _nulls(scene: Scene) -> Scene | None:
    return replace(scene, nulls=()) if scene.nulls else None


def to_null(scene: Scene, told: str) -> Scene | None:
    """Return the scene with another field sent as null; None where it has no null, or that field has a value."""
    name = told.removeprefix(NULL_FOR)
    plain = replace(scene, nulls=(name,))
    return plain if scene.nulls and fields_of(plain)[name] is None else None


def null_told(scene: Scene) -> str:
    return f"{NULL_FOR}{scene.nulls[0]}" if scene.nulls else ""


def to_sender(scene: Scene, sender: str) -> Scene | None:
    """Return the scene with another sender, about a public object where only the owner may read the scene's own."""
    credentials = SENDERS[sender]
    if scene.credentials == credentials:
        return None
    bucket = "public" if scene.credentials == "owner" else scene.bucket
    return replace(scene, credentials=credentials, bucket=bucket)


def _bucket(scene: Scene) -> Scene | None:
    return replace(scene, bucket="private") if scene.bucket != "private" and scene.credentials == "owner" else None


def _key(scene: Scene) -> Scene | None:
    return replace(scene, key="a") if scene.key != "a" else None


def _served(manner: Manner) -> SimplerScene:
    def simpler(scene: Scene) -> Scene | None:
        return replace(scene, served=MANNERS[manner].plainer) if scene.served == manner else None

    return simpler


def _spelled(manner: str) -> SimplerScene:
    def simpler(scene: Scene) -> Scene | None:
        return replace(scene, spelled=cast(Spelling, SPELLINGS[manner].plainer)) if scene.spelled == manner else None

    return simpler


def _option(name: str) -> SimplerScene:
    def simpler(scene: Scene) -> Scene | None:
        rest = tuple(pair for pair in scene.options if pair[0] != name)
        return replace(scene, options=rest) if len(rest) < len(scene.options) else None

    return simpler


def _byte_order(scene: Scene) -> Scene | None:
    return replace(scene, byte_order=None) if scene.byte_order is not None else None


def _compression(scene: Scene) -> Scene | None:
    return replace(scene, compression=None, members=1, tail=b"") if scene.compression else None


def _members(scene: Scene) -> Scene | None:
    return replace(scene, members=1) if scene.members > 1 else None


def _many_members(scene: Scene) -> Scene | None:
    return replace(scene, members=2) if scene.members > 2 else None


def _filters(scene: Scene) -> Scene | None:
    return replace(scene, filters=()) if scene.filters else None


def _second_filter(scene: Scene) -> Scene | None:
    """Return the scene with one filter in place of two, unusual in kind and element_size where one of them is."""
    if len(scene.filters) < 2:
        return None
    unusual = [one for one in scene.filters if one.element_size != ITEM_SIZES[scene.dtype]] or scene.filters
    simd = [one for one in scene.filters if one.id != "shuffle"] or scene.filters
    return replace(scene, filters=(Filter(simd[0].id, unusual[0].element_size),))


def _element_size(scene: Scene) -> Scene | None:
    usual = tuple(Filter(one.id, ITEM_SIZES[scene.dtype]) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _simd(scene: Scene) -> Scene | None:
    usual = tuple(Filter("shuffle", one.element_size) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _offset(scene: Scene) -> Scene | None:
    """Return the scene with its data at the object's beginning.

    Bytes after the data keep it a part of the object, unless there is data beyond the shape.
    """
    if not scene.prefix:
        return None
    if scene.suffix or scene.surplus:
        return replace(scene, prefix=b"")
    return replace(scene, prefix=b"", suffix=bytes(ITEM_SIZES[scene.dtype]), sized=True)


def _unaligned(scene: Scene) -> Scene | None:
    """Return the scene with its offset moved to a multiple of the widest item's size."""
    over = len(scene.prefix) % WIDEST
    return replace(scene, prefix=bytes(len(scene.prefix) - over or WIDEST)) if over else None


def _far(scene: Scene) -> Scene | None:
    """Return the scene with a small offset that is aligned like the far one."""
    return replace(scene, prefix=bytes(WIDEST + len(scene.prefix) % WIDEST)) if len(scene.prefix) > FAR else None


def _trailing(scene: Scene) -> Scene | None:
    return replace(scene, suffix=b"") if scene.suffix else None


def _surplus(scene: Scene) -> Scene | None:
    return replace(scene, surplus=b"") if scene.surplus else None


def _size(scene: Scene) -> Scene | None:
    """Return the scene with an object that ends where its data does."""
    return replace(scene, sized=False, suffix=b"") if scene.sized else None


def _tail(scene: Scene) -> Scene | None:
    return replace(scene, tail=b"") if scene.tail else None


def to_codec(scene: Scene, codec: str) -> Scene | None:
    if scene.compression in (None, codec) or scene.tail:
        return None
    return replace(scene, compression=codec, members=1)


# Each trait with the wider trait that it belongs to; wide traits come first.
STORAGE: Mapping[str, tuple[SimplerScene, str]] = MappingProxyType(
    {
        **{a_store(manner): (_served(manner), "") for manner in reversed(tuple(MANNERS))},
        NULLS: (_nulls, ""),
        **{a_spelling(manner): (_spelled(manner), "") for manner in reversed(tuple(SPELLINGS))},
        "interface http": (_interface, ""),
        SENDER: (_owner, ""),
        "public bucket": (_bucket, ""),
        "an unusual key": (_key, ""),
        "option_disable_chunk_cache": (_option("option_disable_chunk_cache"), ""),
        "option_shape_as_bytes": (_option("option_shape_as_bytes"), ""),
        "option_count_as_bytes": (_option("option_count_as_bytes"), ""),
        "offset": (_offset, ""),
        "unaligned offset": (_unaligned, "offset"),
        "a far offset": (_far, "offset"),
        "size": (_size, ""),
        "trailing bytes": (_trailing, "size"),
        "surplus data": (_surplus, "shape"),
        "compression": (_compression, ""),
        "several gzip members": (_members, "compression"),
        "more than two gzip members": (_many_members, "several gzip members"),
        "bytes after the stream": (_tail, "compression"),
        "filters": (_filters, ""),
        "two filters": (_second_filter, "filters"),
        "element_size not the item size": (_element_size, "filters"),
        "shuffle_simd": (_simd, "filters"),
        "byte_order": (_byte_order, ""),
    }
)
