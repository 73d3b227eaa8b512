"""Draw requests that ask too much: numbers at the edges of machine integers, bombs, lists without end, odd places."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions import encoding
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send, Step
from strategies.drawing import Draw, booleans, composite, lists, sampled_from
from strategies.reductions.requests import below, sampled

MOST_ITEMS = 15_000
MOST_SLICES = 8_000
MOST_FILTERS = 2_000
MOST_COMPRESSED_BYTES = 65_536
MOST_INFLATED_BYTES = 64 * 2**20
MOST_ABUSES = 6
# Bodies stay below the size that every server takes; raw requests try larger ones.
POWERS = (31, 32, 53, 63, 64, 65, 100, 128, 1000)
EDGES = tuple(sign * 2**power + change for power in POWERS for change in (0, -1, 1) for sign in (1, -1))
LENGTHS = tuple(edge for edge in EDGES if edge > 0)
OVERFLOWING_SHAPES = (
    (2**32, 2**32), (2**63, 2), (2**31, 2**31, 4), (2**62, 4), (2**64, 1), (2**16,) * 4, (3, 2**63), (2**32 + 1, 2**32),
    (2**21,) * 3, (2**63 - 1, 2**63 - 1), (1,) * 5 + (2**61,), (2**32, 2**30), (2**61 + 1,), (2**60 + 1, 4), (6, 2**62),
)  # fmt: skip
COUNTS = (33, 1000, 10_000, MOST_ITEMS)
ODD_PLACES = (
    ("url", "{url}?versionId=null"), ("url", "{url}?"), ("url", "{url}?a=1&b=%20"), ("url", "{url}#a"),
    ("url", "{url}?a=1#b"), ("interface_type", "http"), ("interface_type", "https"),
)  # fmt: skip
Asked = tuple[tuple[Put, ...], str, dict[str, Json]]
Abuse = Callable[[Draw, Profile, str], Asked]
DATA = bytes(range(16))


def _plain(fields: Mapping[str, Json]) -> Asked:
    return (), "a", {**fields}


def _shape(draw: Draw, _: Profile, _key: str) -> Asked:
    shape = [draw(sampled(LENGTHS))]
    if draw(booleans()):
        shape.insert(draw(below(2)), draw(sampled((1, 2, 4))))
    return _plain({"shape": shape})


def _overflowing_shape(draw: Draw, _: Profile, _key: str) -> Asked:
    fields: dict[str, Json] = {"shape": list(draw(sampled(OVERFLOWING_SHAPES)))}
    if draw(booleans()):
        fields["selection"] = [[0, 1, 1]] * len(fields["shape"])
    if draw(booleans()):
        fields["size"] = len(DATA)
    return _plain(fields)


def _size(draw: Draw, _: Profile, _key: str) -> Asked:
    return _plain({"size": draw(sampled(LENGTHS))})


def _offset(draw: Draw, _: Profile, _key: str) -> Asked:
    fields: dict[str, Json] = {"offset": draw(sampled(LENGTHS))}
    if draw(booleans()):
        fields["size"] = draw(sampled((4, 8, 16, *LENGTHS)))
    return _plain(fields)


def _selection(draw: Draw, _: Profile, _key: str) -> Asked:
    bounds = [0, 4, 1]
    for where in draw(sampled(((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)))):
        bounds[where] = draw(sampled(EDGES))
    return _plain({"shape": [4], "selection": [bounds]})


def _axis(draw: Draw, _: Profile, _key: str) -> Asked:
    edge = draw(sampled(LENGTHS))
    return _plain({"shape": [2, 2], "axis": draw(sampled_from([edge, [edge], [0, edge]]))})


def _element_size(draw: Draw, profile: Profile, _key: str) -> Asked:
    name = draw(sampled(profile.filters or ("shuffle",)))
    return _plain({"shape": [4], "filters": [{"id": name, "element_size": draw(sampled(LENGTHS))}]})


def _many_dimensions(draw: Draw, _: Profile, _key: str) -> Asked:
    count = draw(sampled((33, 64, 65, *COUNTS)))
    fields: dict[str, Json] = {"shape": [1] * (count - 1) + [4]}
    if count <= MOST_SLICES and draw(booleans()):
        fields["selection"] = [[0, 4, 1]] * count
    return _plain(fields)


def _many_axes(draw: Draw, _: Profile, _key: str) -> Asked:
    count = draw(sampled(COUNTS))
    return _plain({"shape": [4], "axis": draw(sampled_from([list(range(count)), [0] * count]))})


def _many_missing_values(draw: Draw, profile: Profile, key: str) -> Asked:
    count = draw(sampled(COUNTS))
    if "missing_values" not in profile.missing_kinds:
        return _many_dimensions(draw, profile, key)
    return _plain({"shape": [4], "missing": {"missing_values": list(range(2, count))}})


def _many_filters(draw: Draw, profile: Profile, _key: str) -> Asked:
    one = {"id": draw(sampled(profile.filters or ("shuffle",))), "element_size": draw(sampled((1, 2, 4)))}
    return _plain({"shape": [4], "filters": [one] * draw(sampled((33, 1000, MOST_FILTERS)))})


def _bomb(draw: Draw, profile: Profile, key: str) -> Asked:
    """Draw a small stream that inflates to much, and ask for all or a little of it."""
    codec = draw(sampled(profile.compressions))
    data = bomb(codec, draw(sampled((2**20, 2**22, 2**22, 2**20, 2**24, MOST_INFLATED_BYTES))))
    fields: dict[str, Json] = {"compression": {"id": codec}}
    if draw(booleans()):
        fields["shape"] = [4]
    return (Put(key, data),), key, fields


def _many_members(draw: Draw, _: Profile, key: str) -> Asked:
    """Draw a gzip stream with very many empty members."""
    data = gzip.compress(DATA, 9, mtime=0) + gzip.compress(b"", 9, mtime=0) * draw(sampled((10, 1000, 3000)))
    return (Put(key, data),), key, {"compression": {"id": "gzip"}, "shape": [4]}


def _odd_place(draw: Draw, profile: Profile, _key: str) -> Asked:
    """Draw a place that may be refused or read: a URL with a query or a fragment, or another interface's URL."""
    if profile.api == "v1":
        return _plain({"source": "{source}" + draw(sampled(("/?a=1", "/#a")))})
    name, value = draw(sampled(ODD_PLACES))
    return _plain({name: value})


@lru_cache(16)
def bomb(codec: str, inflated_bytes: int) -> bytes:
    """Return zeros, compressed as far as the codec can, up to the limit of compressed bytes."""
    zeros = bytes(inflated_bytes)
    data = {
        "gzip": lambda: gzip.compress(zeros, 9, mtime=0),
        "zlib": lambda: zlib.compress(zeros, 9),
        "blosc2": lambda: encoding.blosc2_chunk(zeros, 1, 9),
    }[codec]()
    return data if len(data) <= MOST_COMPRESSED_BYTES else bomb(codec, inflated_bytes * 15 // 16)


ABUSES: Mapping[str, Abuse] = MappingProxyType(
    {
        "shape": _shape,
        "overflowing shape": _overflowing_shape,
        "size": _size,
        "offset": _offset,
        "selection": _selection,
        "axis": _axis,
        "element_size": _element_size,
        "many dimensions": _many_dimensions,
        "many axes": _many_axes,
        "many missing values": _many_missing_values,
        "many filters": _many_filters,
        "many members": _many_members,
        "bomb": _bomb,
        "odd place": _odd_place,
    }
)


def _claimed(profile: Profile) -> tuple[str, ...]:
    lacking = {
        "selection": not profile.selections,
        "axis": not profile.axis_forms,
        "many axes": not profile.axis_forms,
        "element_size": not profile.filters,
        "many filters": not profile.filters,
        "bomb": not profile.compressions,
        "many members": "gzip" not in profile.compressions,
    }
    return tuple(name for name in ABUSES if not lacking.get(name, False))


@composite
def abuses(draw: Draw, profile: Profile, *, most: int = MOST_ABUSES) -> Case:
    """Draw abusive requests about one small object; the notes name the abuses."""
    dtype = next((one for one in profile.dtypes if one.endswith("32")), profile.dtypes[0])
    steps: list[Step] = [Put("a", DATA)]
    notes = []
    for name in draw(lists(sampled(_claimed(profile)), min_size=1, max_size=most)):
        puts, key, fields = ABUSES[name](draw, profile, f"b{len(steps)}")
        operations = tuple(one for one in profile.operations if name != "bomb" or one != "select")
        steps += [*puts, Send(draw(sampled(operations or profile.operations)), Fields({"dtype": dtype, **fields}), key)]
        notes.append(name)
    return Case("abuse", tuple(steps), tuple(notes))
