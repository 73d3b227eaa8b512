"""Name the rules that a request to an object store breaks, and make plain requests that break one rule each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fuzz.subjects.objects.traits.steps import words
from fuzz.triage.reading import Reading, Witness
from fuzz.triage.trial import Trial, fault_of, trial_of
from specs import rules
from specs.case import Case
from specs.objects import steps
from specs.objects.content import Content
from specs.objects.model.judging import expectations
from specs.objects.profile import Profile
from specs.objects.rules import NAMED, Rule
from specs.objects.steps import Sent

X = Content(b"x")
# A bucket that no case begins with.
NOWHERE = "c"
# What is missing may be so for the requests that were left out, so that another rule tells more.
OF_WHAT_IS_MISSING = frozenset({Rule.NO_SUCH_BUCKET, Rule.NO_SUCH_KEY, Rule.NO_SUCH_UPLOAD, Rule.NO_SUCH_VERSION})
# A store looks at these in one place, before it knows what is asked.
OF_SIGNING = frozenset(
    {
        Rule.SIGNATURE, Rule.UNKNOWN_ACCOUNT, Rule.ACCESS, Rule.CLOCK, Rule.PRESIGNED, Rule.AUTHORIZATION,
        Rule.PAYLOAD_HASH, Rule.CHUNK_FRAMING, Rule.TRAILER,
    }
)  # fmt: skip
FIELD, SIGNING = "field", "signing"
WRONG: tuple[steps.Any, ...] = (
    steps.GetObject(key="k"),
    steps.PutObject(bucket=NOWHERE, key="k", content=X),
    steps.ListObjects(max_keys="-1"),
    steps.PutObject(key="k" * 1025, content=X),
    steps.PutObject(key="k", content=X, headers=(("Content-MD5", "{wrong md5}"),)),
    steps.AbortUpload(key="k", upload="u"),
    steps.Malformed(operation="delete", body=Content(b"<Delete")),
    steps.PutPolicy(text="{"),
    steps.HeadObject(key="k"),
    steps.GetTagging(key="k"),
    steps.CopyObject(key="copy", source_key="k"),
    steps.CopyObject(key="copy", source_key="", headers=(("x-amz-copy-source", "no-bucket-and-key"),)),
    steps.ListObjects(bucket=NOWHERE),
    steps.GetObject(bucket=NOWHERE, key="k"),
    steps.HeadBucket(bucket=NOWHERE),
    steps.DeleteBucket(bucket=NOWHERE),
    steps.UploadPart(key="k", upload="u", number="10001", content=X),
    steps.UploadPart(key="k", upload="u", content=X),
    steps.ListParts(key="k", upload="u"),
    steps.ListUploads(most="-1"),
    steps.ListVersions(most="-1"),
    steps.DeleteObjects(keys=(steps.Named("k"),), digest="wrong md5"),
    steps.GetObject(key="k" * 1025),
    steps.DeleteObject(key="k" * 1025),
    steps.ListObjects(sent=Sent("wrong-secret")),
    steps.ListObjects(sent=Sent("unknown")),
    steps.ListObjects(sent=Sent("anonymous")),
    steps.ListObjects(sent=Sent(fault="malformed-header")),
    steps.ListObjects(sent=Sent(fault="skewed")),
    steps.ListObjects(sent=Sent(signing="presigned", fault="expires-missing")),
    steps.PutObject(key="k", content=X, sent=Sent(fault="payload-hash")),
    steps.PutObject(key="k", content=X, sent=Sent(signing="chunks", fault="too-little-data")),
    steps.PutObject(key="k", content=X, sent=Sent(signing="chunks-trailer", fault="trailer-missing")),
)


def faults_named(broken: Iterable[rules.Rule], trial: Trial) -> list[str]:
    """List the codes of the rules that the last request of a trial breaks, each with the operation that breaks it.

    Those about signing are about no operation.
    """
    operation = words(type(trial.case.steps[-1]))
    return sorted({fault_of(_code(rule), "" if rule in OF_SIGNING else operation) for rule in broken})


def telling_rules(broken: frozenset[rules.Rule]) -> frozenset[rules.Rule]:
    """Return the rules that a request breaks, without those about what is missing if there are others."""
    return broken - OF_WHAT_IS_MISSING or broken


def witnesses(name: str, reading: Reading, profile: Profile) -> Iterator[Witness]:
    """Yield plain requests that are refused, each for a rule of its own or in an operation of its own."""
    for step in WRONG:
        trial = trial_of(Case(name, (step,)), reading)
        due = expectations(trial.case, profile)[0].alternatives
        broken = frozenset[rules.Rule](rule for one in due for rule in one.rules)
        faults = faults_named(telling_rules(broken), trial)
        if faults and due[0].refuses:
            yield Witness(faults[0], SIGNING if telling_rules(broken) <= OF_SIGNING else FIELD, trial)


def _code(rule: rules.Rule) -> str:
    """Return the code of a rule's error, which several rules may share."""
    code = NAMED[rule][1] if isinstance(rule, Rule) else ""
    return code or str(rule)
