"""Reading an object over HTTP: conditions and ranges, the same for S3 and plain HTTP."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from fuzz.embedded.byte_ranges import parse_range
from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.embedded.memory_objects import StoredObject


def response_to(request: HttpRequest, stored: StoredObject) -> HttpResponse:
    """Return the answer to GET or HEAD: 200, 206, 304 or 412; RangeNotSatisfiable is the caller's to tell."""
    headers = request.headers
    status = conditional_status(headers, stored.etag, stored.modified)
    if status is not None:
        return HttpResponse(status, stored.headers)
    data = stored.data
    if "range" not in headers:
        return answer(request, 200, stored.headers, data)
    wanted = parse_range(headers["range"], len(data))
    if wanted is None or not same_version(headers.get("if-range"), stored.etag, stored.headers["Last-Modified"]):
        return answer(request, 200, stored.headers, data)
    headers = {**stored.headers, "Content-Range": wanted.content_range}
    return answer(request, 206, headers, data[wanted.start : wanted.stop])


def answer(request: HttpRequest, status: int, headers: Mapping[str, str], data: bytes) -> HttpResponse:
    """Return an answer with the bytes, or for HEAD with their number."""
    if request.method == "HEAD":
        return HttpResponse(status, {**headers, "Content-Length": str(len(data))})
    return HttpResponse(status, headers, data)


def conditional_status(headers: Mapping[str, str], etag: str, modified: int, prefix: str = "if-") -> int | None:
    """Return 412 or 304 if a condition says so, in RFC 9110's order; the conditions' names begin with the prefix."""
    wanted = headers.get(f"{prefix}match")
    if wanted is not None:
        if not names_etag(wanted, etag):
            return 412
    elif modified_since(headers.get(f"{prefix}unmodified-since"), modified) is True:
        return 412
    unwanted = headers.get(f"{prefix}none-match")
    if unwanted is not None:
        return 304 if names_etag(unwanted, etag) else None
    if modified_since(headers.get(f"{prefix}modified-since"), modified) is False:
        return 304
    return None


def names_etag(condition: str, etag: str) -> bool:
    """Say whether a list of ETags, quoted or not, holds the object's."""
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in condition.split(","))
    plain = etag.strip('"')
    return any(tag in ("*", plain) for tag in tags)


def modified_since(date: str | None, modified: int) -> bool | None:
    """Say whether something is newer than a date; None if there is no date to compare with."""
    if date is None:
        return None
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
    return modified > moment


def same_version(condition: str | None, etag: str, last_modified: str) -> bool:
    """Say whether an If-Range condition lets the range count."""
    return condition is None or condition in (etag, last_modified)
