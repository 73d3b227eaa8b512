"""Define the answers that the API allows: done with certain looks, or refused for certain rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from specs.objects.rules import EXACT, NAMED, Rule
from specs.objects.state import State
from specs.objects.xml import read_xml, text_of
from specs.outcome import Reply
from specs.rules import told
from specs.violation import Aspect, Violation, Way

Grade = Literal["right", "allowed", "warning"]
Looks = Callable[[Reply], Iterable[Violation]]
Learns = Callable[[Reply], State]
# The statuses of a refusal, where the API insists on none.
REFUSALS = frozenset({*range(400, 500), 501})
XML_TYPES = ("application/xml", "text/xml")
# An answer may be any of these where a question is left open, as long as it has no server's error.
OPEN = -1


@dataclass(frozen=True, slots=True)
class Alternative:
    """One answer that the API allows, and the state that follows.

    A refusal names the `rules` that the request breaks; `code` is the one that the API names. `status` is OPEN where
    any answer but a server's error will do. `looks` finds faults of an answer with this status, and `learns` gives the
    state that follows from what the answer says.
    """

    requirement: str
    status: int
    then: State
    says: str = ""
    grade: Grade = "right"
    code: str = ""
    exact: bool = False
    rules: frozenset[Rule] = frozenset()
    head: bool = False
    # The request's key has characters that XML lacks, so that an error that names the key cannot be well-formed.
    unwritable: bool = False
    looks: Looks | None = field(default=None, compare=False)
    learns: Learns | None = field(default=None, compare=False)
    # What an answer of this kind would tell the steps after it, if it came.
    tells: tuple[tuple[str, str], ...] = ()

    @property
    def refuses(self) -> bool:
        """Say whether this is a refusal."""
        return self.status >= 300 or self.status == OPEN

    def admits(self, status: int) -> bool:
        """Say whether an answer of that status can be this one."""
        if self.status == OPEN:
            return status < 500 or status == 501
        if self.status >= 400 and not self.exact:
            return status in REFUSALS
        return status == self.status

    @property
    def short(self) -> str:
        """Return the status that is due in a word."""
        return "no error of the server's" if self.status == OPEN else str(self.status)

    @property
    def told(self) -> str:
        """Return what is due in words."""
        if self.status == OPEN:
            return self.says or "any answer but an error of the server's"
        code = f" {self.code}" if self.code else ""
        return f"{self.status}{code}" + (f": {self.says}" if self.says else "")


def refused(
    requirement: str,
    rule: Rule,
    state: State,
    *,
    head: bool = False,
    code: str = "",
    status: int = 0,
    grade: Grade = "right",
    loose: bool = False,
) -> Alternative:
    """Return the refusal of a request that breaks a rule, by the code that the API names for it."""
    usual, name = NAMED[rule]
    return Alternative(
        requirement, status or usual, state, rule.text, grade, code or name,
        exact=rule in EXACT and not loose, rules=frozenset({rule}), head=head,
    )  # fmt: skip


def may_refuse(requirement: str, state: State, *, says: str = "any refusal", head: bool = False) -> Alternative:
    """Return the refusal that a store may choose where the API leaves it open."""
    return Alternative(requirement, 400, state, says, "allowed", head=head)


def anything(requirement: str, state: State, says: str = "", rule: Rule | None = None) -> Alternative:
    """Return an alternative for answers that are left open altogether, as the request may break a rule."""
    return Alternative(requirement, OPEN, state, says, "allowed", rules=frozenset({rule} if rule else ()))


def faults(one: Alternative, reply: Reply, profile_exact: bool) -> Iterator[Violation]:
    """List what is wrong with an answer whose status the alternative admits."""
    if one.status != OPEN and one.status >= 400:
        yield from _faults_of_refusal(one, reply, profile_exact)
    if one.looks is not None:
        yield from one.looks(reply)


def _faults_of_refusal(one: Alternative, reply: Reply, profile_exact: bool) -> Iterator[Violation]:
    if one.head or (one.unwritable and read_xml(reply.body) is None):
        return
    code, form = code_of(reply), list(_form(one, reply))
    yield from form
    if form or not one.code or (code == one.code and reply.status == one.status):
        return
    severity: Literal["failure", "warning"] = "failure" if one.exact and profile_exact else "warning"
    yield Violation(
        one.requirement, "a refusal by another code", one.told, f"{reply.status} {code}", way=Way.STATUS,
        rules=frozenset(one.rules), status=reply.status, aspect=CODE, severity=severity,
    )  # fmt: skip


def _form(one: Alternative, reply: Reply) -> Iterator[Violation]:
    """List what is wrong with the form of an error."""
    root = read_xml(reply.body)
    if root is None or root.name != "Error" or not text_of(root, "Code"):
        shown = f"{reply.status}, {reply.body[:120]!r}"
        yield Violation(
            "error-form",
            "an error that is no Error document with a Code",
            "<Error><Code>…",
            shown,
            way=Way.FORM,
            rules=frozenset(one.rules),
            status=reply.status,
            aspect=ERROR_DOCUMENT,
        )
        return
    kind = (reply.header("content-type") or "").partition(";")[0].strip().lower()
    if kind not in XML_TYPES:
        yield Violation(
            "error-form",
            "an error with another content type",
            XML_TYPES[0],
            kind or "none",
            way=Way.FORM,
            rules=frozenset(one.rules),
            status=reply.status,
            aspect=Aspect.CONTENT_TYPE,
        )
    for name in ("Message", "RequestId"):
        if text_of(root, name) is None:
            yield Violation(
                "usual-headers",
                f"an error without {name}",
                name,
                "none",
                way=Way.FORM,
                status=reply.status,
                aspect=Aspect.NO_MESSAGE,
                severity="warning",
            )


def code_of(reply: Reply) -> str:
    """Return the code of an error; empty if it has none."""
    root = read_xml(reply.body)
    return "" if root is None or root.name != "Error" else text_of(root, "Code") or ""


def unlike(alternatives: Iterable[Alternative], reply: Reply) -> Violation:
    """Return the violation of an answer whose status no alternative admits."""
    several = list(alternatives)
    first = several[0]
    broken = frozenset(rule for one in several for rule in one.rules)
    due = " or ".join(dict.fromkeys(one.told for one in several if one.grade == "right")) or first.told
    shown = f"{reply.status} {code_of(reply)}".strip()
    if reply.status >= 500 and reply.status != 501:
        return Violation(
            "no-server-error",
            f"{reply.status} where {first.short} is due",
            due,
            shown,
            way=Way.SERVER_ERROR,
            rules=frozenset(broken),
            status=reply.status,
        )
    if reply.status < 300 and first.refuses:
        why = told(broken)
        return Violation(
            first.requirement,
            f"accepted: {why}",
            due,
            shown,
            way=Way.ACCEPTED,
            rules=frozenset(broken),
            status=reply.status,
        )
    if reply.status >= 400 and not first.refuses:
        return Violation("accepts-valid", f"refused: {shown}", due, shown, way=Way.REFUSED, status=reply.status)
    return Violation(
        first.requirement,
        f"{reply.status} where {first.short} is due",
        due,
        shown,
        way=Way.STATUS,
        rules=frozenset(broken),
        status=reply.status,
    )


def wrong(
    requirement: str,
    title: str,
    expected: str,
    actual: str,
    aspect: str,
    *,
    reply: Reply | None = None,
    warning: bool = False,
) -> Violation:
    """Return the violation of an answer that looks wrong."""
    return Violation(
        requirement,
        title,
        _cut(expected),
        _cut(actual),
        way=Way.VALUES,
        aspect=aspect,
        status=None if reply is None else reply.status,
        severity="warning" if warning else "failure",
    )


MOST_SHOWN = 200


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} characters)"


def graded(one: Alternative, grade: Grade) -> Alternative:
    """Return the same alternative with another grade."""
    return replace(one, grade=grade)


CODE = "code"
ERROR_DOCUMENT = "error-document"
CONTENT = "content"
ETAG = "etag"
LAST_MODIFIED = "last-modified"
HEADERS = "headers"
METADATA = "metadata"
CONTENT_LENGTH = "content-length"
CONTENT_RANGE = "content-range"
CHECKSUM = "checksum"
DOCUMENT = "document"
KEYS = "keys-listed"
ORDER = "order"
SIZE = "size"
GROUPS = "groups"
TRUNCATED = "is-truncated"
ENCODING = "encoding"
VERSION = "version-id"
PARTS = "parts"
TAGS = "tags"
TORN = "torn"
LINEARIZABLE, ONE_WINNER = "linearizable", "one-winner"
ASPECTS = (
    CODE, ERROR_DOCUMENT, CONTENT, ETAG, LAST_MODIFIED, HEADERS, METADATA, CONTENT_LENGTH, CONTENT_RANGE, CHECKSUM,
    DOCUMENT, KEYS, ORDER, SIZE, GROUPS, TRUNCATED, ENCODING, VERSION, PARTS, TAGS, TORN, LINEARIZABLE, ONE_WINNER,
)  # fmt: skip
