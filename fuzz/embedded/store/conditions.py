"""Conditions on writes: what headers ask about an object before anything happens to it."""

from __future__ import annotations

from collections.abc import Mapping

from fuzz.embedded.object_reads import names_etag
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.state import Version


def check_write(headers: Mapping[str, str], found: Version | None) -> None:
    """Refuse a write whose condition the object of now does not meet; raises S3Error."""
    unwanted, wanted = headers.get("if-none-match"), headers.get("if-match")
    if unwanted is not None and found is not None and names_etag(unwanted, found.etag):
        raise S3Error("PreconditionFailed", details={"Condition": "If-None-Match"})
    if wanted is not None:
        if found is None:
            raise S3Error("NoSuchKey")
        if not names_etag(wanted, found.etag):
            raise S3Error("PreconditionFailed", details={"Condition": "If-Match"})


def check_delete(headers: Mapping[str, str], found: Version | None) -> None:
    """Refuse to delete another object than the one that is meant; raises S3Error."""
    wanted = headers.get("if-match")
    if wanted is None:
        return
    if found is None:
        raise S3Error("NoSuchKey")
    if not names_etag(wanted, found.etag):
        raise S3Error("PreconditionFailed", details={"Condition": "If-Match"})
