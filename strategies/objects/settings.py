"""Draw tags, versions, policies, accounts, faulty signatures, malformed requests, sub-resources and buckets."""

from __future__ import annotations

from dataclasses import replace

from specs.objects.content import Content
from specs.objects.steps import (
    Account,
    CopyObject,
    CreateBucket,
    CreateUpload,
    DeleteBucket,
    DeleteObject,
    DeleteObjects,
    DeletePolicy,
    DeleteTagging,
    GetObject,
    GetPolicy,
    GetTagging,
    GetVersioning,
    HeadBucket,
    HeadObject,
    ListBuckets,
    ListObjects,
    ListVersions,
    Malformed,
    Named,
    Pairs,
    PutObject,
    PutPolicy,
    PutTagging,
    PutVersioning,
    Sent,
    SigningFault,
    Statement,
    Step,
    SubResource,
    UploadPart,
)  # fmt: skip
from strategies.objects.drawing import Draw
from strategies.objects.single import attributes, read, survey

OF_HEADERS: tuple[SigningFault, ...] = (
    "other-signature", "other-method", "other-path", "other-query", "other-header", "skewed", "malformed-header",
    "other-algorithm", "other-service", "other-day", "no-date",
)  # fmt: skip
OF_PRESIGNED: tuple[SigningFault, ...] = (
    "other-signature", "other-method", "other-path", "other-query", "expired", "expires-zero", "expires-too-long",
    "expires-missing",
)  # fmt: skip
OF_CHUNKS: tuple[SigningFault, ...] = ("chunk-signature", "no-last-chunk", "too-little-data", "no-decoded-length")
OF_TRAILERS: tuple[SigningFault, ...] = ("trailer-checksum", "trailer-missing")
OF_PAYLOADS: tuple[SigningFault, ...] = ("payload-hash", "payload-word")
OF_BODIES = (*OF_CHUNKS, *OF_TRAILERS, *OF_PAYLOADS, "trailer-signature")
TAGS: tuple[Pairs, ...] = (
    (("color", "blue"),), (("a", "1"), ("b", "2")), (), (("spaced key", "v w"),), (("k", ""),), (("ends", " v "),),
    tuple((f"t{number}", "v") for number in range(10)),
)  # fmt: skip
COPIED_TAGS: tuple[Pairs, ...] = (
    (), (("x-amz-tagging-directive", "COPY"),), (("x-amz-tagging-directive", "REPLACE"), ("x-amz-tagging", "new=tag")),
)  # fmt: skip
BAD_TAGS: tuple[Pairs, ...] = (
    tuple((f"t{number}", "v") for number in range(11)), (("a", "1"), ("a", "2")), (("k" * 129, "v"),),
    (("k", "v" * 257),),
)  # fmt: skip
# A bucket that everybody may read is deleted, and one of its name is created.
OPENED_BEFORE: tuple[Step, ...] = (
    CreateBucket(bucket="c"),
    PutPolicy(bucket="c", statements=(Statement("Allow", ("s3:GetObject",), ("*",)),)),
    DeleteBucket(bucket="c"), CreateBucket(bucket="c"), PutObject(bucket="c", key="k", content=Content(b"x")),
    GetObject(bucket="c", key="k", sent=Sent("anonymous")),
)  # fmt: skip
# The sub-resources for which AWS defines an operation by each method; those that the suite knows are left out.
# The empty one is none at all: no operation posts to an object itself.
OF_BUCKETS = {
    "GET": ("accelerate", "acl", "analytics", "cors", "encryption", "inventory", "lifecycle", "location", "logging",
            "metrics", "notification", "object-lock", "ownershipControls", "policyStatus", "publicAccessBlock",
            "replication", "requestPayment", "website"),
    "PUT": ("accelerate", "analytics", "cors", "encryption", "inventory", "lifecycle", "logging", "metrics",
            "notification", "ownershipControls", "replication", "requestPayment", "website"),
    "DELETE": ("analytics", "cors", "encryption", "inventory", "lifecycle", "metrics", "ownershipControls",
               "replication", "website"),
}  # fmt: skip
OF_OBJECTS = {
    "GET": ("acl", "attributes", "legal-hold", "retention", "torrent"),
    "PUT": ("acl", "legal-hold", "retention"),
    "POST": ("", "restore", "select"),
}


def signatures(draw: Draw) -> list[Step]:
    """Draw requests with a single fault of their signature, or by somebody else, around an object that must stay."""
    sent = _faulty(draw)
    puts = (PutObject(key="k", content=Content(b"intruder")), PutObject(key="new", content=Content(b"intruder")))
    others = (
        GetObject(key="k"), HeadObject(key="k"), DeleteObject(key="k"), ListObjects(), HeadBucket(),
        DeleteObjects(keys=(Named("k"),)), CopyObject(key="new", source_key="k"), CreateUpload(key="k"),
    )  # fmt: skip
    step = draw.one(puts if sent.fault in OF_BODIES or draw.chance(0.2) else others)
    return [
        PutObject(key="k", content=Content(b"secret content")),
        replace(step, sent=sent),
        *survey(["k"]),
    ]


def _faulty(draw: Draw) -> Sent:
    """Draw a way to send a request that is refused: by somebody else, or with a fault, each of which is as likely."""
    accounts: list[Account] = ["unknown", "wrong-secret", "anonymous"]
    if draw.profile.can("second-account"):
        accounts.append("second")
    if draw.chance(0.25):
        return Sent(draw.one(accounts))
    faults = [Sent(fault=one) for one in (*OF_HEADERS, *OF_PAYLOADS)]
    if draw.profile.can("presign"):
        faults += [Sent(signing="presigned", fault=one) for one in OF_PRESIGNED]
    if draw.profile.can("streaming-signed"):
        faults += [Sent(signing="chunks", fault=one) for one in OF_CHUNKS]
        faults += [Sent(signing="chunks-trailer", fault=one) for one in (*OF_TRAILERS, "trailer-signature")]
    if draw.profile.can("streaming-unsigned"):
        faults += [Sent(signing="unsigned-trailer", fault=one) for one in OF_TRAILERS]
    return draw.one(faults)


def streamed(draw: Draw) -> list[Step]:
    """Draw puts and parts of every size, streamed in signed and unsigned chunks."""
    steps: list[Step] = []
    for _ in range(draw.between(1, 2)):
        sent = draw.sent(writes=True, anew=1.0)
        content = Content(fill=draw.one((0, 1, 8191, 65_536, 65_537, 200_000)), seed=draw.between(1, 5))
        steps += [PutObject(key="k", content=content, sent=sent), read(draw, "k")]
    return steps


def policies(draw: Draw) -> list[Step]:
    """Draw policies, and requests of others that they allow or not."""
    actions = tuple(draw.some(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), 1, 3))
    keys = tuple(draw.some(("*", "open/*", "open/k", "open/?", "o?en/k", "*/k", "elsewhere"), 1, 2))
    statements = [Statement("Allow", actions, keys, draw.one(("*", "aws")))]
    if draw.chance(0.3):
        statements.append(Statement("Allow", ("s3:ListBucket",), ("",)))
    if draw.chance(0.3):
        statements.append(Statement("Deny", (draw.one(actions),), ("open/k",)))
    steps: list[Step] = [
        PutObject(key="open/k", content=Content(b"open")),
        PutObject(key="shut", content=Content(b"shut")),
    ]
    if draw.chance(0.3):
        # The policy that is put last counts alone.
        steps.append(PutPolicy(statements=(Statement("Allow", ("s3:GetObject",), ("shut",)),)))
    steps.append(PutPolicy(statements=tuple(statements)))
    by: list[Account] = ["anonymous", "anonymous", "wrong-secret"]
    by += ["second", "second"] if draw.profile.can("second-account") else []
    for _ in range(draw.between(1, 4)):
        key = draw.one(("open/k", "shut", "open/n"))
        step = draw.one(
            (
                GetObject(key=key),
                HeadObject(key=key),
                PutObject(key=key, content=Content(b"by others")),
                DeleteObject(key=key),
                ListObjects(),
            )
        )
        steps.append(replace(step, sent=Sent(draw.one(by))))
    if draw.chance(0.3):
        steps += [GetPolicy(), DeletePolicy(), GetObject(key="open/k", sent=Sent("anonymous"))]
    if draw.chance(0.15):
        steps.append(PutPolicy(text=draw.one(("{", "{}", "not json", '{"Statement": []}'))))
    return [*steps, *survey(["shut"])]


def tags(draw: Draw) -> list[Step]:
    """Draw tags of objects: set, read, replaced, removed, copied, and too many of them."""
    headers: Pairs = (("x-amz-tagging", draw.one(("a=1&b=2", "k=v", ""))),) if draw.chance(0.4) else ()
    headers += attributes(draw) if draw.chance(0.5) else ()
    steps: list[Step] = [PutObject(key="k", content=draw.content(), headers=headers)]
    for _ in range(draw.between(1, 4)):
        kind = draw.random.random()
        if kind < 0.4:
            steps.append(PutTagging(key="k", tags=draw.one(TAGS)))
        elif kind < 0.55:
            steps.append(PutTagging(key="k", tags=draw.one(BAD_TAGS)))
        elif kind < 0.65:
            steps.append(DeleteTagging(key="k"))
        elif kind < 0.75:
            steps.append(PutObject(key="k", content=draw.content()))
        elif kind < 0.9:
            headers = draw.one(COPIED_TAGS)
            steps += [CopyObject(key="copy", source_key="k", headers=headers), GetTagging(key="copy")]
        steps.append(GetTagging(key=draw.one(("k", "k", "k", "missing"))))
    return [*steps, *survey(["k"])]


def versions(draw: Draw) -> list[Step]:
    """Draw histories of a bucket that keeps versions."""
    keys = ("k", "k", "k", "dir/k")
    steps: list[Step] = []
    called: list[tuple[str, str]] = []
    if draw.chance(0.4):
        steps.append(PutObject(key="k", content=draw.content(), called="before"))
        called.append(("k", "before"))
    steps.append(PutVersioning())
    for _ in range(draw.between(2, 7)):
        steps += _of_versions(draw, draw.one(keys), called)
    return [*steps, *_pages_of_versions(draw), *survey(["k", "dir/k"])]


def _of_versions(draw: Draw, key: str, called: list[tuple[str, str]]) -> list[Step]:
    """Draw a step or two about a bucket that keeps versions, and note what they are called."""
    kind, name = draw.random.random(), draw.name("v")
    if kind < 0.35 or not called:
        called.append((key, name))
        return [PutObject(key=key, content=draw.content(), called=name)]
    if kind < 0.5:
        called.append((key, name))
        return [DeleteObject(key=key, called=name)]
    old, version = draw.one(called)
    query = (("versionId", f"{{version {version}}}"),)
    if kind < 0.65:
        return [(HeadObject if draw.chance(0.3) else GetObject)(key=old, query=query)]
    if kind < 0.73:
        return [DeleteObject(key=old, query=query)]
    if kind < 0.79:
        named = (Named(old, f"{{version {version}}}"), Named(draw.one((old, "never-there"))))
        return [DeleteObjects(keys=named if draw.chance(0.5) else named[:1]), GetObject(key=old)]
    if kind < 0.87:
        called.append((key, name))
        if draw.chance(0.3):
            onto = (("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-anew", name))
            return [CopyObject(key=old, source_key=old, headers=onto, called=name), GetObject(key=old)]
        copy = CopyObject(key=key, source_key=old, source_version=f"{{version {version}}}", called=name)
        return [copy, GetObject(key=key)]
    if kind < 0.9:
        return [PutVersioning(status="Suspended")]
    if kind < 0.94 and draw.profile.can("conditional-put"):
        # A key whose newest version is a marker is missing to conditions.
        new = PutObject(key=key, content=draw.content(), headers=(("If-None-Match", "*"),), called=name)
        called.append((key, name))
        return [new, GetObject(key=key)]
    return [draw.one((GetVersioning(), GetObject(key="k"), ListObjects()))]


def _pages_of_versions(draw: Draw) -> list[Step]:
    most = draw.one(("", "", "1", "2", "3"))
    pages = [ListVersions(most=most, prefix=draw.one(("", "", "k", "dir/")), called=draw.name("page"))]
    for _ in range(draw.between(1, 6) if most else 0):
        pages.append(replace(pages[-1], after=pages[-1].called, called=draw.name("page")))
    return list(pages)


def malformed(draw: Draw) -> list[Step]:
    """Draw bodies that are no XML or not the XML that is wanted, around an object that must stay."""
    bodies = (
        b"",
        b"<",
        b"not xml",
        b"<Delete>",
        b"\x00\x01",
        b"<Delete><Object><Key>k</Key></Object>",
        b'{"json": true}',
    )
    operation = draw.one(("delete", "complete", "tagging", "versioning"))
    if operation in ("tagging", "versioning") and not draw.profile.can(operation):
        operation = "delete"
    steps: list[Step] = [PutObject(key="k", content=Content(b"stays"))]
    body = Content(draw.one(bodies))
    if operation == "complete":
        steps += [CreateUpload(key="k", called="u"), UploadPart(key="k", upload="u", content=Content(b"x"))]
        steps.append(Malformed(operation="complete", key="k", upload="u", body=body))
    else:
        steps.append(Malformed(operation=operation, key="k" if operation == "tagging" else "", body=body))  # type: ignore[arg-type]
    return [*steps, *survey(["k"])]


def sub_resources(draw: Draw) -> list[Step]:
    """Draw requests for sub-resources, which must not have the effect of the request without them."""
    on_object = draw.chance(0.5)
    several = OF_OBJECTS if on_object else OF_BUCKETS
    verb = draw.one(tuple(several))
    name = draw.one(several[verb])
    body = Content(b"<X/>") if verb in ("PUT", "POST") else Content()
    return [
        PutObject(key="k", content=Content(b"stays")),
        SubResource(name=name, key="k" if on_object else "", verb=verb, content=body),  # type: ignore[arg-type]
        *survey(["k"]),
    ]


def buckets(draw: Draw) -> list[Step]:
    """Draw buckets that are found, filled, deleted and created again; one of them is there from the start."""
    steps: list[Step] = [PutObject(bucket="b", key="k", content=Content(b"x"))] if draw.chance(0.4) else []
    if draw.profile.can("policy") and draw.chance(0.1):
        steps += OPENED_BEFORE
    steps += [_of_bucket(draw) for _ in range(draw.between(2, 6))]
    if draw.profile.can("second-account"):
        steps.append(ListBuckets(sent=Sent("second")))
    return [*steps, *survey(["k"], "b")] if draw.chance(0.5) else steps


def _of_bucket(draw: Draw) -> Step:
    illegal = draw.one(("ab", "Upper-case", "under_score", "192.168.5.4", "-dash", "x" * 64))
    return draw.one((
        CreateBucket(bucket="b"), HeadBucket(bucket="b"), DeleteBucket(bucket="b"), ListBuckets(),
        PutObject(bucket="b", key="k", content=Content(b"x")), DeleteObject(bucket="b", key="k"),
        GetObject(bucket="b", key="k"), ListObjects(bucket="b"), CreateBucket(bucket=f"={illegal}"),
        CreateBucket(bucket="c"), HeadBucket(bucket="c"), DeleteBucket(bucket="c"),
    ))  # fmt: skip
