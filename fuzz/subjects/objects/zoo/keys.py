"""Animals that take one key for another."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket, Version

Target = tuple[str, str, str, Mapping[str, str]]


class SlashesMerged(ObjectStore):
    """It takes several slashes in a row for one."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, re.sub("/+", "/", key), parameters


class DotsResolved(ObjectStore):
    """It resolves the segments `.` and `..` of a key."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        if {".", ".."} & set(key.split("/")):
            key = posixpath.normpath(f"/{key}").lstrip("/") + ("/" if key.endswith("/") else "")
        return path, bucket, key, parameters


class DotsEscapeTheBucket(ObjectStore):
    """It lets the segment `..` at a key's start lead into another bucket."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        if key.startswith("../") and key.count("/") > 1:
            bucket, _, key = key[3:].partition("/")
        return path, bucket, key, parameters


class TrailingSlashDropped(ObjectStore):
    """It takes a key with a slash at its end for the one without."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.rstrip("/") or key, parameters


class LeadingSlashDropped(ObjectStore):
    """It takes a key with a slash at its start for the one without."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.lstrip("/") or key, parameters


class CaseFolded(ObjectStore):
    """It takes keys for the same that differ in their case alone."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.lower(), parameters


class AccentsComposed(ObjectStore):
    """It takes letters with accents for the same however they are put together."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, unicodedata.normalize("NFC", key), parameters


class PlusIsASpace(ObjectStore):
    """It takes a plus in a key for a space."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.replace("+", " "), parameters


class KeysDecodedTwice(ObjectStore):
    """It decodes keys twice."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, unquote(key), parameters


class BackslashIsASlash(ObjectStore):
    """It takes a backslash in a key for a slash."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.replace("\\", "/"), parameters


class SpacesTrimmed(ObjectStore):
    """It takes keys without the spaces at their ends."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.strip(" ") or key, parameters


class ControlsDropped(ObjectStore):
    """It takes keys without their control characters."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, re.sub("[\x00-\x1f\x7f]", "", key) or key, parameters


class QuestionMarkEndsKeys(ObjectStore):
    """It takes a key only up to a question mark in it."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.partition("?")[0] or key, parameters


class HashEndsKeys(ObjectStore):
    """It takes a key only up to a hash sign in it."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key.partition("#")[0] or key, parameters


class LongKeysCut(ObjectStore):
    """It takes the first 255 characters of a key for all of it."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, key[:255], parameters


class LongKeysRefused(ObjectStore):
    """It refuses keys of more than 255 bytes."""

    def split_target(self, target: str) -> Target:
        found = super().split_target(target)
        if len(found[2].encode()) > 255:
            raise S3Error("KeyTooLongError")
        return found


class LimitOfAThousand(ObjectStore):
    """It refuses keys of more than 1,000 bytes."""

    def split_target(self, target: str) -> Target:
        found = super().split_target(target)
        if len(found[2].encode()) > 1000:
            raise S3Error("KeyTooLongError")
        return found


class AccentsRefused(ObjectStore):
    """It refuses keys with characters beyond ASCII."""

    def split_target(self, target: str) -> Target:
        found = super().split_target(target)
        if not found[2].isascii():
            raise S3Error("InvalidURI")
        return found


class RareCharactersReplaced(ObjectStore):
    """It takes characters of more than sixteen bits for question marks."""

    def split_target(self, target: str) -> Target:
        path, bucket, key, parameters = super().split_target(target)
        return path, bucket, re.sub("[\U00010000-\U0010ffff]", "?", key), parameters


class ObjectOrFolder(ObjectStore):
    """It refuses an object below a key that is an object already."""

    def put_object(self, call: Call) -> HttpResponse:
        bucket = self.bucket(call.bucket)
        parts = call.key.split("/")
        if any("/".join(parts[:n]) in bucket.versions for n in range(1, len(parts))):
            raise S3Error("InvalidArgument", "The parent is an object.")
        return super().put_object(call)


class FolderHidesObject(ObjectStore):
    """It does not find an object below which there are others."""

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        if any(one.startswith(f"{key}/") for one in bucket.keys_from(f"{key}/")[:1]):
            raise S3Error("NoSuchKey")
        return super().version(bucket, key, version_id)


class FolderDeletedWithItsObject(ObjectStore):
    """It deletes all that is below a key that is deleted."""

    def delete_object(self, call: Call) -> HttpResponse:
        answer = super().delete_object(call)
        bucket = self.bucket(call.bucket)
        for inside in [one for one in bucket.keys if one.startswith(f"{call.key}/")]:
            bucket.set(inside, ())
        return answer


class BucketsShareKeys(ObjectStore):
    """It gives an account's object of another bucket where the one asked for has none of that key."""

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        if bucket.newest(key) is None and version_id is None:
            for other in self.buckets_of(bucket.owner):
                found = other.newest(key)
                if found is not None:
                    return found
        return super().version(bucket, key, version_id)
