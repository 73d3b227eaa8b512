"""Animals that go wrong where several clients are at work at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from fuzz.embedded.byte_ranges import ByteRange
from fuzz.embedded.http_messages import Answer, HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import Effect, VersionPut
from fuzz.embedded.store.listing import Page
from fuzz.embedded.store.state import Bucket, Part, Upload, Version
from fuzz.subjects.objects.zoo.remembering import PAUSE_SECONDS, Remembering

LATE_SECONDS = 0.05


class TwoWinners(Remembering):
    """It looks whether an object is there first, and writes it a moment later."""

    def put_object(self, call: Call) -> HttpResponse:
        if "if-none-match" in call.headers:
            self.check_write(call, self.bucket(call.bucket))
            self.pause()
            kept = {name: value for name, value in call.headers.items() if name != "if-none-match"}
            return super().put_object(replace(call, headers=kept))
        return super().put_object(call)


class LostUpdate(Remembering):
    """It compares the ETag of If-Match first, and writes a moment later."""

    def put_object(self, call: Call) -> HttpResponse:
        if "if-match" in call.headers:
            self.check_write(call, self.bucket(call.bucket))
            self.pause()
            kept = {name: value for name, value in call.headers.items() if name != "if-match"}
            return super().put_object(replace(call, headers=kept))
        return super().put_object(call)


class TwoCompletesWin(Remembering):
    """It looks at the condition of a completion first, and completes a moment later."""

    def complete_upload(self, call: Call) -> HttpResponse:
        if "if-none-match" in call.headers:
            self.check_write(call, self.bucket(call.bucket))
            self.pause()
            kept = {name: value for name, value in call.headers.items() if name != "if-none-match"}
            return super().complete_upload(replace(call, headers=kept))
        return super().complete_upload(call)


class TornRead(Remembering):
    """It gives the headers of one version and the bytes of the one that follows."""

    def filled(
        self, call: Call, status: int, headers: dict[str, str], version: Version, part: ByteRange
    ) -> HttpResponse:
        self.pause()
        newest = self.state.buckets[call.bucket].newest(call.key) if call.bucket in self.state.buckets else None
        if newest is not None and newest.content.size == version.content.size and "versionId" not in call.parameters:
            return super().filled(call, status, headers, newest, part)
        return super().filled(call, status, headers, version, part)


class StaleRead(Remembering):
    """It gives the version before for a moment after a write."""

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        found = super().version(bucket, key, version_id)
        before = self.memory.get((bucket.name, key))
        if version_id is None and before is not None and time.monotonic() < before[1]:
            return before[0]  # type: ignore[no-any-return]
        return found

    def commit(self, *effects: Effect) -> None:
        for effect in effects:
            if isinstance(effect, VersionPut) and effect.bucket in self.state.buckets:
                known = self.state.buckets[effect.bucket].newest(effect.key)
                if known is not None:
                    self.memory[effect.bucket, effect.key] = known, time.monotonic() + PAUSE_SECONDS
        super().commit(*effects)


class StaleListing(Remembering):
    """It lists a bucket as it was a moment ago."""

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        now = time.monotonic()
        keys, until = self.memory.get(bucket.name, ((), 0.0))
        if now > until:
            keys = list(super().listed_keys(bucket))
            self.memory[bucket.name] = keys, now + LATE_SECONDS
        return [key for key in keys if key in bucket.versions]


class NewKeysListedLate(Remembering):
    """It lists a new key only with the listing after the next."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        seen = self.memory.setdefault(call.bucket, set())
        known = [key for key in keys if key in seen]
        seen.update(keys)
        return super().page(call, known, start, limit)


class WritesLandLate(Remembering):
    """It answers a write a moment before it takes effect."""

    def put_object(self, call: Call) -> HttpResponse:
        bucket = self.bucket(call.bucket)
        known = bucket.newest(call.key)
        if known is None or bucket.versioning or any(name.startswith("if-") for name in call.headers):
            return super().put_object(call)
        well = HttpResponse(200, {"ETag": self.etag(call.body)})
        threading.Timer(PAUSE_SECONDS, self.late, (super().put_object, call)).start()
        return well

    def late(self, put: Callable[[Call], HttpResponse], call: Call) -> None:
        """Write after all, unless the bucket has gone meanwhile."""
        if call.bucket in self.state.buckets:
            put(call)


class DeletesUndone(Remembering):
    """It brings an object back that was deleted while it was being overwritten."""

    def put_object(self, call: Call) -> HttpResponse:
        answer = super().put_object(call)
        bucket = self.bucket(call.bucket)
        version = bucket.newest(call.key)
        self.pause()
        if version is not None and bucket.newest(call.key) is None and not bucket.versioning:
            self.commit(VersionPut(bucket.name, call.key, version))
        return answer


class OneOfTwoWritesLost(Remembering):
    """It keeps the first of two writes that overlap, whichever was answered last."""

    def put_object(self, call: Call) -> HttpResponse:
        place = call.bucket, call.key
        with self.lock:
            began = self.memory[place] = self.memory.get(place, 0) + 1
        self.pause()
        with self.lock:
            answer = super().put_object(call)
            bucket = self.bucket(call.bucket)
            if self.memory[place] == began and place in self.memory:
                first = self.memory.get((place, "first"))
                if first is not None and first[0] == began - 1 and time.monotonic() - first[2] < PAUSE_SECONDS:
                    self.commit(VersionPut(bucket.name, call.key, first[1]))
            else:
                self.memory[place, "first"] = began, bucket.newest(call.key), time.monotonic()
        return answer


class PartOfAnotherMoment(Remembering):
    """It joins the parts that are there a moment after it compared their ETags."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        self.lock.release()
        try:
            self.pause()
        finally:
            self.lock.acquire()
        return super().assembled(bucket, upload, [upload.parts.get(part.number, part) for part in parts])


class CompleteAndAbort(Remembering):
    """It answers that an upload is aborted, and completes it all the same."""

    def abort_upload(self, call: Call) -> HttpResponse:
        bucket, upload = self.upload(call)
        self.pause()
        with self.lock:
            if upload.id not in bucket.uploads:
                bucket.set(call.key, ())
                return HttpResponse(204, {})
        return super().abort_upload(call)


class CopyInTwoSteps(Remembering):
    """It copies the attributes of one version and the bytes of the one that follows."""

    def copied(self, version: Version) -> tuple[object, str]:  # type: ignore[override]
        self.lock.release()
        try:
            self.pause()
        finally:
            self.lock.acquire()
        for bucket in self.state.buckets.values():
            for versions in bucket.versions.values():
                if versions[0].serial > version.serial and versions[0].content.size == version.content.size:
                    return versions[0].content, version.etag
        return version.content, version.etag


class ListingForgetsWhatMoves(Remembering):
    """It leaves out of a listing a key that is written meanwhile."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        bucket = self.bucket(call.bucket)
        before = {key: bucket.versions[key][0].serial for key in keys}
        self.lock.release()
        try:
            self.pause()
        finally:
            self.lock.acquire()
        same = [key for key in before if key in bucket.versions and bucket.versions[key][0].serial == before[key]]
        return super().page(call, same, start, limit)


class ReadersShareRanges(Remembering):
    """It gives a reader the range that another asked for at the same time."""

    def wanted_range(self, call: Call, version: Version, headers: object) -> ByteRange | None:
        part = super().wanted_range(call, version, headers)  # type: ignore[arg-type]
        self.memory["part"] = version.serial, part
        self.pause()
        serial, other = self.memory["part"]
        return other if serial == version.serial and part is not None and other is not None else part


class AnswersSwapped(Remembering):
    """It gives a reader what another reader of the same bucket asked for at the same time."""

    def get_object(self, call: Call) -> Answer:
        answer = super().get_object(call)
        self.memory[call.bucket] = answer
        self.pause()
        return self.memory[call.bucket] if call.user is not None else answer


class BatchesRaceWithPuts(Remembering):
    """It deletes keys of a batch once more a moment later."""

    def delete_objects(self, call: Call) -> HttpResponse:
        answer = super().delete_objects(call)
        bucket = self.bucket(call.bucket)
        keys = [key for key, _ in self.batch(call)[0]]
        if not bucket.versioning:
            threading.Timer(PAUSE_SECONDS, self.again, (bucket, keys)).start()
        return answer

    def again(self, bucket: Bucket, keys: Sequence[str]) -> None:
        """Delete the keys for the second time."""
        for key in keys:
            self.delete(bucket, key, None)


class WritersBlockEachOther(Remembering):
    """It lets nobody in for ten seconds where two write the same key at once."""

    def put_object(self, call: Call) -> HttpResponse:
        place = call.bucket, call.key
        with self.lock:
            busy = place in self.memory
            self.memory[place] = True
        try:
            if busy:
                with self.lock:
                    time.sleep(10.0)
            self.pause()
            return super().put_object(call)
        finally:
            self.memory.pop(place, None)
