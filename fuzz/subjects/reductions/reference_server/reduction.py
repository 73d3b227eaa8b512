"""Define the plain values that a request is read into, for the stages that answer it."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Order = Literal["C", "F"]
ByteOrder = Literal["little", "big"]

OPERATIONS = ("count", "min", "max", "sum", "select")
DTYPES = ("int32", "int64", "uint32", "uint64", "float32", "float64")


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits on what a request may cost before it is refused."""

    url_characters: int = 8 * 1024
    number_digits: int = 4000
    rank: int = 32
    filters: int = 64
    missing_values: int = 100_000
    stored_bytes: int = 64 * 2**20
    decoded_bytes: int = 64 * 2**20
    store_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """The place of an object: `path` is percent-encoded, ready to be sent and signed."""

    interface: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return host and port as the Host header has them: without the scheme's own port."""
        usual = 443 if self.scheme == "https" else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that was applied to the data before it was stored."""

    id: str
    element_size: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The rule that says which elements are missing: its name and its numbers, rounded to the dtype."""

    rule: str
    numbers: tuple[np.generic, ...]


@dataclass(frozen=True, slots=True)
class Reduction:
    """A request whose fields are read; `None` stands for a field that was left out."""

    version: int
    operation: str
    place: ObjectPlace
    dtype: str
    byte_order: ByteOrder
    offset: int
    size: int | None
    shape: tuple[int, ...] | None
    axis: tuple[int, ...] | None
    order: Order
    selection: tuple[tuple[int, int, int], ...] | None
    compression: str | None
    filters: tuple[Filter, ...]
    missing: Missing | None
    disable_chunk_cache: bool = False
    shape_as_bytes: bool = False
    count_as_bytes: bool = False

    @property
    def item_size(self) -> int:
        """Return the number of bytes of one element."""
        return int(self.dtype[-2:]) // 8


@dataclass(frozen=True, slots=True)
class StoreCredentials:
    """The access key and secret of a request, and the header they came in."""

    access_key: str
    secret: bytes = field(repr=False)
    header: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result's elements in its shape, and how many elements went into each."""

    values: Array
    counts: Counts
