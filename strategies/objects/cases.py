"""Offer the cases of each property about object stores, as far as a profile claims what they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specs.case import Case
from specs.objects.profile import Profile
from specs.objects.steps import Step
from strategies.claims import NotClaimed
from strategies.drawing import Choice
from strategies.objects import listing, multipart, racing, settings, single, streaming
from strategies.objects.drawing import Draw, cases


def of(name: str, make: Callable[[Draw], Sequence[Step]], *needs: str) -> Callable[[Profile], Choice[Case]]:
    """Return a function that gives a property's cases for a profile that claims all that they need."""

    def made(profile: Profile) -> Choice[Case]:
        missing = [one for one in needs if not _claims(profile, one)]
        if missing:
            raise NotClaimed(f"the profile does not claim {', '.join(missing)}")
        return cases(name, make, profile)

    return made


def _claims(profile: Profile, need: str) -> bool:
    return bool(profile.digests) if need == "digests" else profile.can(need)


OBJECTS = of("objects", single.objects)
RANGES = of("ranges", single.ranges)
CONDITIONS = of("conditions", single.conditions, "conditional-read")
METADATA = of("metadata", single.metadata)
DIGESTS = of("digests", single.digests, "digests")
KEYS = of("keys", single.odd_keys)
NEIGHBOURS = of("neighbours", single.neighbours)
LISTINGS = of("listings", listing.listings)
BATCHES = of("batches", listing.batches)
UPLOADS = of("uploads", multipart.uploads, "multipart")
UPLOAD_LISTS = of("upload-lists", multipart.upload_lists, "multipart")
LARGE_UPLOADS = of("large-uploads", multipart.large_uploads, "multipart")
COPIES = of("copies", multipart.copies)
PART_COPIES = of("part-copies", multipart.part_copies, "multipart", "part-copy")
INTERRUPTIONS = of("interruptions", racing.interruptions)
STREAMS = of("streams", streaming.streams)
RACES = of("races", racing.races)
SIGNATURES = of("signatures", settings.signatures, "auth")
STREAMED = of("streamed", settings.streamed)
POLICIES = of("policies", settings.policies, "auth", "policy")
TAGS = of("tags", settings.tags, "tagging")
VERSIONS = of("versions", settings.versions, "versioning")
MALFORMED = of("malformed", settings.malformed, "multipart")
SUB_RESOURCES = of("sub-resources", settings.sub_resources)
BUCKETS = of("buckets", settings.buckets)
