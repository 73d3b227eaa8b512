"""The wrong bytes, or the wrong object."""

import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import ObjectPlace, Reduction, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal

KIBI = 1024
MOMENT_SECONDS = 0.02


class OffsetIgnoredWithoutSize(ReferenceServer):
    """An offset without a size does nothing."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        return super().fetch(replace(reduction, offset=0) if reduction.size is None else reduction, credentials)


class SizeIgnoredAtOffsetZero(ReferenceServer):
    """Without an offset the whole object is read, whatever the size."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        return super().fetch(replace(reduction, size=None) if not reduction.offset else reduction, credentials)


class SizeIgnoredWithCompression(ReferenceServer):
    """Compressed data is read to the end of the object."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        return super().fetch(replace(reduction, size=None) if reduction.compression else reduction, credentials)


class RangeEndExclusive(ReferenceServer):
    """The last byte of a range is not read, and zero in its place."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        if reduction.size is None or reduction.size == 1:
            return super().fetch(reduction, credentials)
        return super().fetch(replace(reduction, size=reduction.size - 1), credentials) + b"\0"


class OffsetAligned(ReferenceServer):
    """An offset is rounded down to a multiple of the element size."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        aligned = reduction.offset - reduction.offset % reduction.item_size
        return super().fetch(replace(reduction, offset=aligned), credentials)


class OffsetOf32Bits(ReferenceServer):
    """Offsets are kept in 32 bits."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        return super().fetch(replace(reduction, offset=reduction.offset % 2**32), credentials)


class LargeOffsetInPages(ReferenceServer):
    """Offsets beyond a KiB are rounded down to a multiple of eight."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        offset = reduction.offset if reduction.offset < KIBI else reduction.offset & ~7
        return super().fetch(replace(reduction, offset=offset), credentials)


class ShortReadsAnswered(ReferenceServer):
    """An object that ends before the range does is answered as far as it goes."""

    def refuse_short_read(self, _reduction: Reduction, _found: int) -> None:
        return


class KeyDecodedTwice(ReferenceServer):
    """An escaped percent sign in a key is decoded again."""

    def bucket_path(self, path: str) -> str:
        return super().bucket_path(unquote(path, errors="surrogateescape") if "%25" in path else path)


class KeyEncodedTwice(ReferenceServer):
    """Escapes in a key are escaped once more."""

    def bucket_path(self, path: str) -> str:
        return super().bucket_path(path.replace("%", "%25"))


class PlusMeansSpace(ReferenceServer):
    """A plus sign in a key is taken for a space."""

    def bucket_path(self, path: str) -> str:
        return super().bucket_path(path.replace("+", "%20").replace("%2B", "%20"))


class KeyInLowerCase(ReferenceServer):
    """Keys are looked up in lower case."""

    def bucket_path(self, path: str) -> str:
        return super().bucket_path(path.lower())


class HttpKeyNotEncoded(ReferenceServer):
    """Over plain HTTP what is encoded in a URL is decoded and sent as it is."""

    def plain_path(self, path: str, query: str) -> str:
        plain = unquote(path, "latin-1")
        return (
            plain if plain.isascii() and plain.isprintable() and " " not in plain else super().plain_path(path, query)
        )


class MissingObjectIsEmpty(ReferenceServer):
    """An object that is not there has no elements."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        try:
            return super().fetch(reduction, credentials)
        except Refusal as refusal:
            if refusal.status != 404 or reduction.shape is not None:
                raise
            return b""


class HttpRangeIgnored(ReferenceServer):
    """Over plain HTTP without a size, the offset is not asked for."""

    def store_headers(
        self, reduction: Reduction, credentials: StoreCredentials | None, wanted: str | None
    ) -> Mapping[str, str]:
        plain = reduction.place.interface != "s3" and reduction.size is None
        return super().store_headers(reduction, credentials, None if plain else wanted)

    def cut_whole(self, body: bytes, reduction: Reduction) -> bytes:
        plain = reduction.place.interface != "s3" and reduction.size is None
        return super().cut_whole(body, replace(reduction, offset=0) if plain else reduction)


class EmptyObjectIsAnError(ReferenceServer):
    """An object without bytes makes the server fail."""

    def cut_whole(self, body: bytes, reduction: Reduction) -> bytes:
        return super().cut_whole(bytes((body[0],)) + body[1:], reduction)


class LongKeysCut(ReferenceServer):
    """Keys are cut at 255 characters."""

    def read_url_place(self, interface: str, url: object) -> ObjectPlace:
        place = super().read_url_place(interface, url)
        return replace(place, path=place.path[:255])


class ObjectReadInTwoHalves(ReferenceServer):
    """The second half of an object is read a moment after the first."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        first = super().fetch(reduction, credentials)
        time.sleep(MOMENT_SECONDS)
        second = super().fetch(reduction, credentials)
        return first[: len(first) // 2] + second[len(first) // 2 :] if len(first) == len(second) else first
