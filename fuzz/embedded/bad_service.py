"""Objects served in other ways than well: what proxies, caches and broken stores send in place of the bytes asked for.

What nobody could notice is served well: fewer bytes in place of a whole object, say, or none in place of an empty one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType

from fuzz.embedded.byte_ranges import ByteRange, parse_range
from fuzz.embedded.http_messages import (
    Answer,
    DropConnection,
    HttpRequest,
    HttpResponse,
    RawAnswer,
    encode_head,
)
from fuzz.embedded.memory_objects import StoredObject
from fuzz.embedded.s3_errors import xml_error

# Where a redirect leads: to the same object by another URL, under which it is served well.
ELSEWHERE = "versionId"
WIDEST_ITEM = 8
PIECES = 4
PAUSE_SECONDS = 0.015
PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Please try again later</h1></body></html>\n"
PAGE_TYPE = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """A read that can be answered well, and how; `part` are the bytes asked for where that is not the whole object."""

    request: HttpRequest
    stored: StoredObject
    well: HttpResponse
    part: ByteRange | None

    @property
    def due(self) -> bytes:
        """Return the bytes that a right answer holds."""
        return self.stored.data if self.part is None else self.stored.data[self.part.start : self.part.stop]

    @property
    def is_surely_a_part(self) -> bool:
        """Say whether the request itself shows that an empty object cannot be meant."""
        if self.part is None:
            return False
        return self.part.start > 0 or not self.request.headers["range"].rstrip().endswith("-")


# None where the manner makes no difference to this read that anybody could notice.
BadAnswer = Callable[[ObjectRead], Answer | None]


def check_manner(name: str) -> None:
    """Raise ValueError if no object is served in the manner of this name."""
    if name != "well" and name not in SERVED:
        raise ValueError(f"no object is served {name!r}; the manners are: well, {', '.join(SERVED)}")


def served(request: HttpRequest, stored: StoredObject, well: HttpResponse) -> Answer:
    """Return the answer of the object's manner in place of the one that is due."""
    manner = SERVED.get(stored.served)
    if manner is None or well.status not in (200, 206):
        return well
    if request.method == "HEAD" and stored.served not in OF_HEAD_TOO:
        return well
    part = parse_range(request.headers["range"], len(stored.data)) if well.status == 206 else None
    return manner(ObjectRead(request, stored, well, part)) or well


def whole(read: ObjectRead) -> Answer | None:
    """Answer a request for a range with the whole object."""
    return None if read.part is None else HttpResponse(200, read.stored.headers, read.stored.data)


def range_untold(read: ObjectRead) -> Answer | None:
    """Answer with the part asked for, without Content-Range."""
    return None if read.part is None else HttpResponse(206, read.stored.headers, read.due)


def total_untold(read: ObjectRead) -> Answer | None:
    """Answer with the part asked for, of an object of unknown length."""
    return None if read.part is None else partial(read, read.part, total="*")


def chunked(read: ObjectRead) -> Answer | None:
    """Answer with the right bytes, framed by chunks, unless the client's version of HTTP has none."""
    return None if read.request.minor == "0" else RawAnswer(chunked_head(read) + chunks(read.due) + b"0\r\n\r\n")


def chunks_cut(read: ObjectRead) -> Answer | None:
    """Send chunks that stop coming."""
    if read.request.minor == "0":
        return None
    return RawAnswer(chunked_head(read) + chunks(read.due[: half(len(read.due))]))


def in_pieces(read: ObjectRead) -> Answer:
    """Send the right answer, a few bytes at a time."""
    return RawAnswer(encode_head(read.well, keep_alive=False) + read.due, PIECES, PAUSE_SECONDS)


def cut_short(read: ObjectRead) -> Answer | None:
    """End the connection before all bytes have come."""
    if not read.due:
        return None
    return RawAnswer(encode_head(read.well, keep_alive=False) + read.due[: half(len(read.due))])


def another_range(read: ObjectRead) -> Answer | None:
    """Answer with as many bytes from further on, or else from further back; Content-Range says so."""
    if read.part is None:
        return None
    start, stop, size = read.part.start, read.part.stop, read.part.size
    shift = whole_items(min(size - stop, stop - start)) or -whole_items(min(start, stop - start))
    return partial(read, ByteRange(start + shift, stop + shift, size)) if shift else None


def too_little(read: ObjectRead) -> Answer | None:
    """Answer with the beginning of what was asked for; Content-Range says so."""
    if read.part is None or len(read.due) < 2:
        return None
    return partial(read, replace(read.part, stop=read.part.start + half(len(read.due))))


def too_much(read: ObjectRead) -> Answer | None:
    """Answer with what was asked for and what follows it; Content-Range says so."""
    if read.part is None or read.part.stop == read.part.size:
        return None
    more = whole_items(min(read.part.size - read.part.stop, len(read.due)))
    return partial(read, replace(read.part, stop=read.part.stop + more))


def nothing(read: ObjectRead) -> Answer | None:
    """Answer a request for a range with 200 and no bytes."""
    return HttpResponse(200, read.stored.headers) if read.is_surely_a_part else None


def no_content(read: ObjectRead) -> Answer | None:
    """Answer a request for a range with 204."""
    return HttpResponse(204, read.stored.headers) if read.is_surely_a_part else None


def not_modified(read: ObjectRead) -> Answer:
    """Say that the object is as it was, though the request had no condition."""
    return HttpResponse(304, read.stored.headers)


def error(status: int, code: str, message: str) -> BadAnswer:
    """Return a manner that answers with an error in S3's words."""
    return lambda read: xml_error(status, code, message, path_of(read.request))


def page(status: HTTPStatus) -> BadAnswer:
    """Return a manner that answers with a page for people, exactly as long as the data would be."""
    return lambda read: HttpResponse(status, PAGE_TYPE, page_of(len(read.due)))


def redirect(status: HTTPStatus) -> BadAnswer:
    """Return a manner that redirects to where the object is served well, with a page for clients that do not follow."""

    def answer(read: ObjectRead) -> Answer | None:
        if f"{ELSEWHERE}=" in read.request.target.partition("?")[2]:
            return None
        headers = {**PAGE_TYPE, "Location": f"{path_of(read.request)}?{ELSEWHERE}=null"}
        return HttpResponse(status, headers, page_of(len(read.due)))

    return answer


def hung_up(_: ObjectRead) -> Answer:
    """End the connection without an answer."""
    return DropConnection()


def not_http(_: ObjectRead) -> Answer:
    """Send bytes that are not HTTP."""
    return RawAnswer(b"SSH-2.0-OpenSSH_9.6\r\n")


SERVED: Mapping[str, BadAnswer] = MappingProxyType(
    {
        "whole": whole,
        "range-untold": range_untold,
        "total-untold": total_untold,
        "chunked": chunked,
        "in-pieces": in_pieces,
        "moved": redirect(HTTPStatus.TEMPORARY_REDIRECT),
        "found": redirect(HTTPStatus.FOUND),
        "another-range": another_range,
        "too-little": too_little,
        "too-much": too_much,
        "cut-short": cut_short,
        "chunks-cut": chunks_cut,
        "nothing": nothing,
        "no-content": no_content,
        "not-modified": not_modified,
        "failing": error(500, "InternalError", "We encountered an internal error. Please try again."),
        "slow-down": error(503, "SlowDown", "Please reduce your request rate."),
        "forbidden-page": page(HTTPStatus.FORBIDDEN),
        "missing-page": page(HTTPStatus.NOT_FOUND),
        "hung-up": hung_up,
        "not-http": not_http,
    }
)
OF_HEAD_TOO = frozenset(
    {"moved", "found", "failing", "slow-down", "forbidden-page", "missing-page", "hung-up", "not-http"}
)


def partial(read: ObjectRead, part: ByteRange, total: str = "") -> HttpResponse:
    """Return bytes of the object as an honest part of it."""
    told = f"bytes {part.start}-{part.stop - 1}/{total or part.size}"
    return HttpResponse(206, {**read.stored.headers, "Content-Range": told}, read.stored.data[part.start : part.stop])


def chunked_head(read: ObjectRead) -> bytes:
    headers = {**read.well.headers, "Transfer-Encoding": "chunked"}
    # A length is announced for every answer that does not say otherwise.
    head = encode_head(HttpResponse(read.well.status, headers), keep_alive=False)
    return head.replace(b"Content-Length: 0\r\n", b"", 1)


def chunks(data: bytes) -> bytes:
    """Return the data in two chunks, without the one that ends them."""
    middle = half(len(data))
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (data[:middle], data[middle:]) if one)


def half(length: int) -> int:
    """Return about half of a length, in whole elements of any type if it is longer than one."""
    return max(WIDEST_ITEM, whole_items(length // 2)) if length > WIDEST_ITEM else length // 2


def whole_items(length: int) -> int:
    """Cut a length down to whole elements of any type, if it holds any."""
    return length - length % WIDEST_ITEM if length > WIDEST_ITEM else length


def page_of(length: int) -> bytes:
    return (PAGE * (length // len(PAGE) + 1))[:length]


def path_of(request: HttpRequest) -> str:
    return request.target.partition("?")[0]
