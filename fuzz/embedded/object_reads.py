"""Reading an object over HTTP: conditions and ranges, the same for S3 and plain HTTP."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from fuzz.embedded.byte_ranges import parse_range
from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.embedded.memory_objects import StoredObject


def read(request: HttpRequest, stored: StoredObject) -> HttpResponse:
    """The answer to GET or HEAD: 200, 206, 304 or 412; RangeNotSatisfiable is the caller's to tell."""
    headers = request.headers
    status = conditional_status(headers, stored)
    if status is not None:
        return HttpResponse(status, stored.headers)
    data = stored.data
    if "range" not in headers:
        return answer(request, 200, stored.headers, data)
    wanted = parse_range(headers["range"], len(data))
    if wanted is None or not same_version(headers.get("if-range"), stored):
        return answer(request, 200, stored.headers, data)
    headers = {**stored.headers, "Content-Range": wanted.content_range}
    return answer(request, 206, headers, data[wanted.start : wanted.stop])


def answer(request: HttpRequest, status: int, headers: Mapping[str, str], data: bytes) -> HttpResponse:
    """The bytes, or for HEAD how many they would be."""
    if request.method == "HEAD":
        return HttpResponse(status, {**headers, "Content-Length": str(len(data))})
    return HttpResponse(status, headers, data)


def conditional_status(headers: Mapping[str, str], stored: StoredObject) -> int | None:
    """412 or 304 where a condition says so; conditions on the ETag outrank those on the date."""
    wanted = headers.get("if-match")
    if wanted is not None:
        if not names_etag(wanted, stored.etag):
            return 412
    elif modified_since(headers.get("if-unmodified-since"), stored) is True:
        return 412
    unwanted = headers.get("if-none-match")
    if unwanted is not None:
        return 304 if names_etag(unwanted, stored.etag) else None
    if modified_since(headers.get("if-modified-since"), stored) is False:
        return 304
    return None


def names_etag(condition: str, etag: str) -> bool:
    """Whether a list of ETags, quoted or not, holds the object's."""
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in condition.split(","))
    plain = etag.strip('"')
    return any(tag in ("*", plain) for tag in tags)


def modified_since(date: str | None, stored: StoredObject) -> bool | None:
    """Whether the object is newer than a date; None where there is no date to compare with."""
    if date is None:
        return None
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
    return stored.modified > moment


def same_version(condition: str | None, stored: StoredObject) -> bool:
    """Whether an If-Range condition lets the range count."""
    return condition is None or condition in (stored.etag, stored.headers["Last-Modified"])
