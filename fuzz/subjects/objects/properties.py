"""List the properties of object stores that are tried, with the share of a run's time that each gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fuzz.subject import Property
from specs.objects.profile import Profile

if TYPE_CHECKING:
    from fuzz.subject import Cases


def _drawn(name: str) -> Callable[[Profile], Cases]:
    """Return the cases of that name, imported only when a case is drawn, as replaying saved cases needs none."""

    def cases(profile: Profile) -> Cases:
        from strategies.objects import cases as strategies

        found: Cases = getattr(strategies, name)(profile)
        return found

    return cases


PROPERTIES: tuple[Property, ...] = (
    Property(
        "objects",
        "What is put under a key is there until it is overwritten or deleted.",
        _drawn("OBJECTS"),
        ("content", "writes-take-effect", "deletes", "listing", "etag"),
        share=2.0,
    ),
    Property("ranges", "A range of an object is that slice of its content.", _drawn("RANGES"), ("ranges",)),
    Property(
        "conditions",
        "Conditional reads and writes do what their conditions say.",
        _drawn("CONDITIONS"),
        ("read-conditions", "write-conditions"),
    ),
    Property(
        "listings",
        "Listings joined page by page are the keys that are there.",
        _drawn("LISTINGS"),
        ("listing", "paging", "listing-encoding"),
        share=2.0,
    ),
    Property("batches", "A batch delete deletes each key that it names, and no other.", _drawn("BATCHES"), ("batch",)),
    Property(
        "uploads",
        "An object of parts is its parts joined, and wrong lists of parts are refused.",
        _drawn("UPLOADS"),
        ("completion", "uploads", "part-lists"),
        share=1.5,
    ),
    Property(
        "upload-lists",
        "Uploads in progress are listed until they end, page by page.",
        _drawn("UPLOAD_LISTS"),
        ("part-lists", "uploads"),
        share=0.7,
    ),
    Property(
        "large-uploads",
        "A cut into legal parts is the same as one put.",
        _drawn("LARGE_UPLOADS"),
        ("completion", "parts-read", "same-answer"),
        share=0.7,
        tells=("completion",),
    ),
    Property("copies", "A copy is its source, with attributes as the directives say.", _drawn("COPIES"), ("copies",)),
    Property(
        "part-copies",
        "A part can be made from an object or a range of it.",
        _drawn("PART_COPIES"),
        ("uploads",),
        share=0.7,
    ),
    Property(
        "digests", "Digests are verified, and what does not match is not stored.", _drawn("DIGESTS"), ("digests",)
    ),
    Property(
        "metadata",
        "Headers and metadata come back as they were written.",
        _drawn("METADATA"),
        ("content", "headers"),
        tells=("headers",),
    ),
    Property("keys", "Every byte of a key counts.", _drawn("KEYS"), ("content", "keys"), tells=("content",)),
    Property(
        "neighbours",
        "No key reaches into another bucket.",
        _drawn("NEIGHBOURS"),
        ("content", "keys"),
        share=0.5,
        tells=("content",),
    ),
    Property(
        "signatures",
        "A request with a faulty signature is refused, and changes nothing.",
        _drawn("SIGNATURES"),
        ("signing",),
        share=1.5,
    ),
    Property(
        "streamed",
        "A streamed body comes to the same as a plain one.",
        _drawn("STREAMED"),
        ("content", "streaming", "same-answer"),
        share=0.7,
        tells=("content",),
    ),
    Property(
        "interruptions",
        "Of a body whose client goes away nothing is stored.",
        _drawn("INTERRUPTIONS"),
        ("content", "interrupted"),
        share=0.7,
        tells=("content",),
    ),
    Property(
        "streams",
        "A copy that is read and written as it comes is its source, or nothing where the source breaks off.",
        _drawn("STREAMS"),
        ("streams", "interrupted", "copies"),
        share=0.7,
    ),
    Property(
        "races",
        "Requests at the same time come out as in some order of theirs.",
        _drawn("RACES"),
        ("linearizable", "one-winner", "no-torn-reads"),
        share=1.5,
    ),
    Property("policies", "Others may do what the policy allows, and nothing else.", _drawn("POLICIES"), ("access",)),
    Property("tags", "Tags are what was last set, and change nothing else.", _drawn("TAGS"), ("tagging",)),
    Property("versions", "A bucket with versions keeps each of them.", _drawn("VERSIONS"), ("versioning",)),
    Property(
        "malformed", "Malformed bodies are refused, and change nothing.", _drawn("MALFORMED"), ("malformed",), share=0.5
    ),
    Property(
        "sub-resources",
        "A sub-resource is not the thing itself.",
        _drawn("SUB_RESOURCES"),
        ("sub-resources",),
        share=0.5,
    ),
    Property(
        "buckets",
        "Buckets are created, found and deleted when they are empty.",
        _drawn("BUCKETS"),
        ("buckets",),
        share=0.7,
    ),
)
