"""Tell which answers the API allows for a step, whatever its operation is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from specs.objects import answers, steps
from specs.objects.answers import Alternative
from specs.objects.model import batches, buckets, copies, listings, objects, part_lists, streams, uploads
from specs.objects.model.asked import Asked, classes_of, climbs, missing_bucket, too_long
from specs.objects.model.batches import in_xml
from specs.objects.model.gate import gate, with_open_refusal
from specs.objects.rules import Rule

Operation = Callable[[Asked], list[Alternative]]


def malformed(at: Asked) -> list[Alternative]:
    """Refuse a body that is not the XML that its operation wants."""
    if at.bucket is None:
        return missing_bucket(at)
    if at.step.operation == "complete":
        _, upload, missing = uploads.upload_of(at, at.bucket)
        return missing if upload is None else [at.refuse("malformed", Rule.XML)]
    if at.step.operation == "tagging" and at.bucket.newest(at.step.key) is None:
        return [at.refuse("malformed", Rule.XML), at.refuse("missing-things", Rule.NO_SUCH_KEY, loose=True)]
    return [at.refuse("malformed", Rule.XML)]


OPERATIONS: Mapping[type, Operation] = {
    steps.ListBuckets: buckets.list_all,
    steps.CreateBucket: buckets.create,
    steps.HeadBucket: buckets.head,
    steps.DeleteBucket: buckets.delete,
    steps.PutObject: objects.put,
    steps.GetObject: objects.get,
    steps.HeadObject: objects.get,
    steps.DeleteObject: objects.delete,
    steps.DeleteObjects: batches.delete_several,
    steps.CopyObject: copies.copy,
    steps.StreamCopy: streams.stream,
    steps.ListObjects: listings.list_keys,
    steps.CreateUpload: uploads.create,
    steps.UploadPart: uploads.put_part,
    steps.UploadPartCopy: copies.copy_part,
    steps.CompleteUpload: uploads.complete,
    steps.AbortUpload: uploads.abort,
    steps.ListParts: part_lists.list_parts,
    steps.ListUploads: part_lists.list_uploads,
    steps.PutTagging: buckets.put_tags,
    steps.GetTagging: buckets.get_tags,
    steps.DeleteTagging: buckets.delete_tags,
    steps.PutVersioning: buckets.put_versioning,
    steps.GetVersioning: buckets.get_versioning,
    steps.ListVersions: part_lists.list_versions,
    steps.PutPolicy: buckets.put_policy,
    steps.GetPolicy: buckets.get_policy,
    steps.DeletePolicy: buckets.delete_policy,
    steps.SubResource: buckets.sub_resource,
    steps.Malformed: malformed,
}


def alternatives(at: Asked) -> list[Alternative]:
    """List the answers that the API allows, the right one first, each with the state that follows."""
    several = _alternatives(at)
    if all(map(in_xml, _keys(at))):
        return several
    return [replace(one, unwritable=True) for one in several]


def _alternatives(at: Asked) -> list[Alternative]:
    refusals, opened = gate(at)
    if refusals:
        return refusals
    several = OPERATIONS[type(at.step)](at)
    key = getattr(at.step, "key", "")
    if climbs(key) or (too_long(key) and not at.profile.rules("key-limit")):
        several = [*several, at.may_refuse("keys")]
    if _unclaimed(at) or _folder_of_another(at):
        # What a store does with keys that it does not claim is only watched for errors of the server's.
        return [*several, answers.anything("keys", at.state, "a key of a class that is not claimed")]
    return with_open_refusal(at, several) if opened else several


def _keys(at: Asked) -> list[str]:
    """List the keys that a request names."""
    keys = [getattr(at.step, name, "") for name in ("key", "source_key")]
    return [key for key in (*keys, *(one.key for one in getattr(at.step, "keys", ()))) if key]


def _unclaimed(at: Asked) -> bool:
    return any(classes_of(key) & set(at.profile.keys) for key in _keys(at))


def _folder_of_another(at: Asked) -> bool:
    """Say whether a key is a folder of another that is there, or the other way round, and the store claims no such."""
    if "object-and-prefix" not in at.profile.keys or at.bucket is None:
        return False
    return any(
        key.startswith(f"{other}/") or other.startswith(f"{key}/") for key in _keys(at) for other in at.bucket.objects
    )
