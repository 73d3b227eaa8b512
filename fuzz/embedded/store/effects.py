"""The changes of a store's state: each is a value that can be written down and applied once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fuzz.embedded.store.state import Attributes, Bucket, Part, State, Upload, Version


@dataclass(frozen=True, slots=True)
class BucketSet:
    """A bucket is made, or its settings change."""

    name: str
    owner: str
    created: int
    policy: str = ""
    versioning: str = ""


@dataclass(frozen=True, slots=True)
class BucketGone:
    """A bucket ends, with its policy and its uploads."""

    name: str


@dataclass(frozen=True, slots=True)
class VersionPut:
    """A version becomes the newest of its key, in place of one with the same id."""

    bucket: str
    key: str
    version: Version


@dataclass(frozen=True, slots=True)
class VersionChanged:
    """A version is replaced where it stands."""

    bucket: str
    key: str
    version: Version


@dataclass(frozen=True, slots=True)
class VersionGone:
    """A version is removed."""

    bucket: str
    key: str
    id: str


@dataclass(frozen=True, slots=True)
class UploadBegun:
    """An upload begins."""

    bucket: str
    id: str
    key: str
    initiated: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class PartPut:
    """A part becomes that of its number."""

    bucket: str
    upload: str
    part: Part


@dataclass(frozen=True, slots=True)
class UploadGone:
    """An upload ends, with its parts."""

    bucket: str
    id: str


Effect = BucketSet | BucketGone | VersionPut | VersionChanged | VersionGone | UploadBegun | PartPut | UploadGone


def apply(state: State, effect: Effect) -> None:
    """Change the state; what an effect is about and is no longer there is left alone."""
    match effect:
        case BucketSet():
            _set_bucket(state, effect)
        case BucketGone():
            state.buckets.pop(effect.name, None)
        case VersionPut() | VersionChanged() | VersionGone():
            bucket = state.buckets.get(effect.bucket)
            if bucket is not None:
                _change_versions(state, bucket, effect)
        case UploadBegun() | PartPut() | UploadGone():
            bucket = state.buckets.get(effect.bucket)
            if bucket is not None:
                _change_uploads(bucket, effect)


def _set_bucket(state: State, effect: BucketSet) -> None:
    bucket = state.buckets.get(effect.name)
    if bucket is None:
        state.buckets[effect.name] = Bucket(effect.name, effect.owner, effect.created, effect.policy, effect.versioning)
    else:
        bucket.policy, bucket.versioning = effect.policy, effect.versioning


def _change_versions(state: State, bucket: Bucket, effect: VersionPut | VersionChanged | VersionGone) -> None:
    known = bucket.versions.get(effect.key, ())
    match effect:
        case VersionPut(version=version):
            others = tuple(one for one in known if one.id != version.id)
            bucket.set(effect.key, (version, *others))
            state.serial = max(state.serial, version.serial)
        case VersionChanged(version=version):
            bucket.set(effect.key, tuple(version if one.id == version.id else one for one in known))
        case VersionGone(id=gone):
            bucket.set(effect.key, tuple(one for one in known if one.id != gone))


def _change_uploads(bucket: Bucket, effect: UploadBegun | PartPut | UploadGone) -> None:
    match effect:
        case UploadBegun():
            bucket.uploads[effect.id] = Upload(effect.id, effect.key, effect.initiated, effect.attributes)
        case PartPut():
            upload = bucket.uploads.get(effect.upload)
            if upload is not None:
                upload.parts[effect.part.number] = effect.part
        case UploadGone():
            bucket.uploads.pop(effect.id, None)


def effects_of(state: State) -> Iterator[Effect]:
    """Yield the effects that lead from nothing to a state."""
    for bucket in state.buckets.values():
        yield BucketSet(bucket.name, bucket.owner, bucket.created, bucket.policy, bucket.versioning)
        for key, versions in bucket.versions.items():
            yield from (VersionPut(bucket.name, key, version) for version in reversed(versions))
        for upload in bucket.uploads.values():
            yield UploadBegun(bucket.name, upload.id, upload.key, upload.initiated, upload.attributes)
            yield from (PartPut(bucket.name, upload.id, part) for part in upload.parts.values())
