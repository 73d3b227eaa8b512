"""Define a valid reduction request, parsed, with every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specs.reductions.dtypes import ByteOrder

Operation = Literal["count", "min", "max", "sum", "select"]
MissingKind = Literal["missing_value", "missing_values", "valid_min", "valid_max", "valid_range"]

OPERATIONS: tuple[Operation, ...] = ("count", "min", "max", "sum", "select")
MISSING_KINDS: tuple[MissingKind, ...] = (
    "missing_value", "missing_values", "valid_min", "valid_max", "valid_range",
)  # fmt: skip
COMPRESSIONS = ("gzip", "zlib", "blosc2")
FILTERS = ("shuffle", "shuffle_simd")
OPTIONS = ("option_disable_chunk_cache", "option_shape_as_bytes", "option_count_as_bytes")


@dataclass(frozen=True, slots=True)
class Filter:
    id: str
    element_size: int


@dataclass(frozen=True, slots=True)
class Missing:
    kind: MissingKind
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class Request:
    operation: str
    dtype: str
    byte_order: ByteOrder
    offset: int = 0
    size: int | None = None
    shape: tuple[int, ...] | None = None
    axis: tuple[int, ...] | None = None
    order: Literal["C", "F"] = "C"
    selection: tuple[tuple[int, int, int], ...] | None = None
    compression: str | None = None
    filters: tuple[Filter, ...] = ()
    missing: Missing | None = None
    disable_chunk_cache: bool = False
    shape_as_bytes: bool = False
    count_as_bytes: bool = False
