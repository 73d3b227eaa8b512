"""Decide whether a request may be answered at all, by its object's place and by its credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from specs.reductions.expectation import ANY_ERROR, Because, Rejection, breaking
from specs.reductions.locators import usual_locators
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass
from specs.reductions.rules import Rule
from specs.reductions.steps import Send
from specs.store_facts import StoreFacts

BUCKETS = ("private", "public")
# The names of general buckets. S3 libraries and stores may accept other names or refuse them.
BUCKETS_NAME = re.compile(
    r"(?!.*\.\.)(?![\d.]+$)(?!.*(--x-s3|-s3alias|--ol-s3|\.mrap)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
DENIED = breaking(Rule.CREDENTIALS, RefusalClass.DENIED)
NO_BUCKET = breaking(Rule.NO_SUCH_BUCKET, RefusalClass.ANY_OF_THE_CLIENT, "NoSuchBucket")
NO_BUCKETS_NAME = breaking(Rule.NO_BUCKETS_NAME, RefusalClass.ANY_OF_THE_CLIENT)
NO_KEY = breaking(Rule.NO_SUCH_OBJECT, RefusalClass.ANY_OF_THE_CLIENT, "NoSuchKey")
NOT_FOUND = breaking(Rule.NOT_FOUND, RefusalClass.ANY_OF_THE_CLIENT)


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refusals that are due, or only allowed if `optional`; or the reason why nothing is specified."""

    refusals: tuple[Rejection, ...] = ()
    optional: bool = False
    why: str = ""
    because: Because = Because.THE_API


def locator_refusals(step: Send, profile: Profile) -> Refusals:
    """Return the refusals due to locating fields that stand in a request's own fields."""
    if profile.api == "v1":
        return _v1_locators(step)
    interface = step.fields.get("interface_type", step.interface)
    url = step.fields.get("url", "{url}")
    if isinstance(url, str) and url != "{url}":
        return _url_refusals(url)
    if interface in ("s3", "http", "https") and interface != step.interface:
        return Refusals(why="interface_type at odds with the URL", because=Because.THE_STORE)
    return Refusals()


def _url_refusals(url: str) -> Refusals:
    if "{url}" in url:
        return Refusals(why="an unusual URL")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        return Refusals((breaking(Rule.NOT_A_URL, RefusalClass.BAD_REQUEST, "url"),))
    return Refusals((breaking(Rule.NOTHING_THERE, ANY_ERROR),))


def _v1_locators(step: Send) -> Refusals:
    for name, usual in usual_locators("v1").items():
        value = step.fields.get(name, usual)
        if isinstance(value, str) and value != usual:
            if name == "source" and usual not in value:
                return _url_refusals(value)
            return Refusals(why=f"an unusual {name}")
    return Refusals()


def access_refusals(step: Send, versions: tuple[object, ...], store: StoreFacts) -> Refusals:
    """Return the refusals due to who asks for which object of an S3 store; a version is None if it is missing."""
    if step.interface != "s3":
        if step.credentials is not None and not store.basic_auth:
            return Refusals(why="the store knows no Basic authentication", because=Because.THE_STORE)
        return _plain_http(step, versions)
    trusted = step.credentials == "owner"
    public = step.bucket == "public"
    if not trusted and (not store.verifies_signatures or (public and not store.anonymous_reads)):
        return Refusals(why="the store does not tell credentials apart", because=Because.THE_STORE)
    denied = step.credentials in ("unknown", "wrong-secret") or (not trusted and not public)
    refusals: list[Rejection] = [DENIED] if denied else []
    if step.bucket not in BUCKETS:
        unknown = NO_BUCKET if trusted else NOT_FOUND
        refusals.append(unknown if BUCKETS_NAME.fullmatch(step.bucket) else NO_BUCKETS_NAME)
    elif None in versions:
        refusals.append(NO_KEY if trusted else NOT_FOUND)
    gone = step.bucket not in BUCKETS or all(one is None for one in versions)
    return Refusals(tuple(refusals), optional=not denied and not gone)


def _plain_http(step: Send, versions: tuple[object, ...]) -> Refusals:
    """Return the refusals over plain HTTP: public objects are for all, but wrong credentials may be refused."""
    denied = step.bucket == "private" and step.credentials != "owner"
    gone = step.bucket not in BUCKETS or all(one is None for one in versions)
    refusals: list[Rejection] = []
    if denied or step.credentials not in ("owner", None):
        refusals.append(DENIED)
    if gone or None in versions:
        refusals.append(NOT_FOUND)
    return Refusals(tuple(refusals), optional=not denied and not gone)
