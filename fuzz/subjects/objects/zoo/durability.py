"""Animals that have not, after they were killed, what they acknowledged; they need a directory."""

from __future__ import annotations

from dataclasses import replace

from fuzz.embedded.store.content import Content
from fuzz.embedded.store.effects import Effect, PartPut, UploadBegun, UploadGone, VersionGone, VersionPut
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Attributes

LATE = 8


def first_piece(content: Content) -> Content:
    """Return the first piece of a content that has several."""
    piece = content.pieces[0]
    return Content(len(piece) if isinstance(piece, bytes) else piece.size, (piece,))


class WritesJournaledLate(ObjectStore):
    """It writes down a change only when more have come."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        self.unwritten = (*self.unwritten, *effects)
        if len(self.unwritten) < LATE:
            return ()
        written, self.unwritten = self.unwritten, ()
        return written

    unwritten: tuple[Effect, ...] = ()


class MetadataNotJournaled(ObjectStore):
    """It does not write down the metadata of objects."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(
            replace(one, version=replace(one.version, attributes=replace(one.version.attributes, metadata={})))
            if isinstance(one, VersionPut)
            else one
            for one in effects
        )


class HeadersNotJournaled(ObjectStore):
    """It does not write down the headers and tags of objects."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(
            replace(one, version=replace(one.version, attributes=Attributes({}, one.version.attributes.metadata)))
            if isinstance(one, VersionPut)
            else one
            for one in effects
        )


class DeletesNotJournaled(ObjectStore):
    """It does not write down that objects were deleted."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(one for one in effects if not isinstance(one, VersionGone))


class OverwritesNotJournaled(ObjectStore):
    """It does not write down that objects were overwritten."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(one for one in effects if not (isinstance(one, VersionPut) and self.is_known(one)))

    def is_known(self, effect: VersionPut) -> bool:
        """Say whether there is an object of that key."""
        bucket = self.state.buckets.get(effect.bucket)
        return bucket is not None and effect.key in bucket.versions


class UploadsNotJournaled(ObjectStore):
    """It does not write down uploads in progress."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(one for one in effects if not isinstance(one, UploadBegun | PartPut | UploadGone))


class PartsNotJournaled(ObjectStore):
    """It does not write down parts."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(one for one in effects if not isinstance(one, PartPut))


class CompletesNotJournaled(ObjectStore):
    """It writes down that an upload has ended, and not the object that came of it."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        if any(isinstance(one, UploadGone) for one in effects):
            return tuple(one for one in effects if not isinstance(one, VersionPut))
        return effects


class EtagsNotJournaled(ObjectStore):
    """It has made-up ETags after it was killed."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(
            replace(one, version=replace(one.version, etag=f'"{one.version.serial:032x}"'))
            if isinstance(one, VersionPut) and not one.version.is_marker
            else one
            for one in effects
        )


class LargeObjectsTornWhenKilled(ObjectStore):
    """It has only the first piece of an object that came in parts after it was killed."""

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(
            replace(one, version=replace(one.version, content=first_piece(one.version.content)))
            if isinstance(one, VersionPut) and len(one.version.content.pieces) > 1
            else one
            for one in effects
        )
