"""Causes: what tells them apart, and how they are named."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from fuzz.hunt.codecs import all_alike, codec_needed
from fuzz.hunt.failures import NO_VALUES, WRONG, Judge, Kind, family_of, kind_of, of_family, without_rule
from fuzz.hunt.histories import EARLIER_REFUSAL, SEVERAL, after_refusal, bad_stores, request_needs
from fuzz.hunt.needs import MISSING, essentials, has
from fuzz.hunt.plain import FEATURES, SMALL_FEATURES
from fuzz.hunt.plain_values import VALUE_FEATURES
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.rounding import told_by_rounding
from fuzz.hunt.scene import case_of
from specs.case import Case, Put, Send, SendRaw
from specs.dtypes import NAMES
from specs.fields import Fields
from specs.manners import MANNERS, a_store
from strategies.raw_requests import JSON_TYPE, named_by

MOST_WORDS_OF_A_NAME = 3
DIGITS_OF_A_NAME = 6
CHANCE = "chance"
BADLY_SERVED = "a store that serves badly"
UNUSUAL_PATH = "an unusual path"
REFUSALS = ("accepts-valid", "error-status", "error-names-field", "error-form", "no-server-error")
# What is refused as it should be but for its status: the rule tells the cause.
REFUSED = ("error-status",)
BELOW_JSON = ("no-server-error", "answers")
# How errors are written is one matter, whichever error it is.
OF_ALL_ERRORS = ("discloses-nothing", "error-form")
# Whether the narrower or the wider dtype of a sort is needed hangs on the data.
DTYPE_FAMILIES = {"float32": "float", "float64": "float", "uint32": "unsigned", "uint64": "unsigned"}
# A request that is refused for who sends it.
DENIED = Case("access", (Put("a", bytes(8)), Send("sum", Fields({"dtype": "int32"}), "a", credentials="unknown")))
# What only floats have.
FLOATING = {"NaN", "infinity", "negative zero", "subnormal numbers", "fractions"}
WIDE_INTEGERS = ("int64", "uint64")
# Where a finding needs something of the first, which of the second brings it about is a matter of the data;
# they count for the third.
OCCASIONS = (
    (
        {"size", "offset", "unaligned offset", "a far offset", "trailing bytes"},
        {*VALUE_FEATURES, *NAMES, "byte_order"},
        "",
    ),
    (
        {"bounds of more than 32 bits"},
        {"bounds beyond the end", "bounds before the beginning", "reversed selection", "length one"},
        "",
    ),
    (
        {"reversed selection", "stride beyond one", "negative bounds", "bounds beyond the end", "order F"},
        {"length one", "empty selection", "part of a dimension"},
        "some lengths",
    ),
    # Either way a part of the object is asked for, and what is around it only lets that show.
    (
        {a_store(manner) for manner in MANNERS},
        {"offset", "unaligned offset", "a far offset", "size", "trailing bytes"},
        "a part of the object",
    ),
    (
        {"more than two dimensions"},
        {"part of a dimension", "stride beyond one", "reversed selection", "negative bounds", "empty selection"},
        "a selection",
    ),
    # Down to the first element there is no other way to say it.
    ({"reversed selection"}, {"negative bounds", "bounds before the beginning"}, ""),
    ({"min", "max"}, {"negative values", "negative zero"}, "some numbers"),
    ({"count"}, {"part of a dimension", "empty selection", "stride beyond one"}, "a selection"),
    (
        set(MISSING),
        {
            "values near a missing one", "subnormal numbers", "fractions", "huge values", "large values",
            "negative values", "a rounded missing value",
        },
        "some numbers",
    ),
    ({"huge values"}, {"length one"}, ""),
    ({*WIDE_INTEGERS, "float64"}, {"fractions", "huge values", "large values", "subnormal numbers"}, "some numbers"),
)  # fmt: skip


def without_occasions(needs: tuple[str, ...]) -> tuple[str, ...]:
    """The needs, with what only brings the cause about as one of several alternatives."""
    if FLOATING & set(needs):
        needs = tuple(need for need in needs if need != "float32")
    for causes, alternatives, instead in OCCASIONS:
        if causes & set(needs) and alternatives & set(needs):
            needs = (*(need for need in needs if need not in alternatives), *([instead] if instead else []))
    if "some numbers" in needs and set(MISSING) & set(needs):
        # A number that is misread is misread in each of the ways to say what is missing.
        same = {**dict.fromkeys(MISSING, MISSING[0]), **dict.fromkeys(WIDE_INTEGERS, WIDE_INTEGERS[0])}
        needs = tuple(dict.fromkeys(same.get(need, need) for need in needs))
    return needs


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind of failure and the features without which the case passes.

    Of a valid request that is answered wrongly the features alone make the cause: its symptoms vary with the data;
    so do those of a request whose answer hangs on what was asked before, or on chance. Where some of what this case
    needs is known to be one way among others, less tells the cause.
    """

    kind: Kind
    needs: tuple[str, ...]
    of_scene: bool = False
    told_by: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        needs = (DTYPE_FAMILIES.get(need, need) for need in without_occasions(self.told_by or self.needs))
        text = "\n".join((*self._told_apart_by(), *needs))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _told_apart_by(self) -> tuple[str, ...]:
        gives_values = family_of(self.kind) == WRONG and self.kind.requirement not in NO_VALUES
        if self.needs[:1] == (SEVERAL,) and len(self.needs) > 1:
            return ()
        if self.needs == (CHANCE,) and self.kind.requirement in REFUSALS:
            return ("refusals",)
        if (self.of_scene and family_of(self.kind) == WRONG) or (self.needs == (CHANCE,) and gives_values):
            return (WRONG,)
        return self.kind.requirement, self.kind.symptom


def cause_of(smallest: Smallest, judge: Judge) -> Cause:
    """The cause that a smallest case shows; what shrinking brings about is a need only if the server says so."""
    kind = kind_of(smallest.violation)
    scene = smallest.scene
    if kind.requirement in OF_ALL_ERRORS:
        nowhere = replace(smallest.case, steps=tuple(one for one in smallest.case.steps if not isinstance(one, Put)))
        takes_bad_store = bad_stores(smallest.case) and not _fails_so(judge, kind, nowhere, DENIED)
        return cause_of_request(kind, smallest.case if takes_bad_store else nowhere)
    if scene is not None and kind.requirement not in REFUSED:
        needs = essentials(scene)
        for name, simpler in SMALL_FEATURES.items():
            plain = simpler(scene)
            if plain is None or not all(has(plain, need) for need in needs if need in FEATURES):
                continue
            if of_family(judge(case_of(plain, smallest.case.property)), family_of(kind)) is not None:
                continue
            needs = (*needs, name)
        return Cause(kind, needs, of_scene=True, told_by=told_by_rounding(smallest, needs, judge))
    if SEVERAL in request_needs(smallest.case):
        refused = after_refusal(smallest.case)
        if of_family(judge(refused), family_of(kind)) is not None:
            return Cause(kind, (SEVERAL, EARLIER_REFUSAL))
    cause = cause_of_request(kind, smallest.case)
    codec = codec_needed(smallest.case, kind)
    return of_any_codec(cause, codec) if codec and all_alike(judge) else cause


def _fails_so(judge: Judge, kind: Kind, *cases: Case) -> bool:
    return any(of_family(judge(case), family_of(kind)) for case in cases)


def of_any_codec(cause: Cause, codec: tuple[str, ...]) -> Cause:
    """The cause, whichever codec shows it."""
    return replace(cause, needs=tuple(need for need in cause.needs if need not in codec))


def cause_of_request(kind: Kind, case: Case) -> Cause:
    """The cause of a failure that is no scene's.

    What is unusual below its JSON is the cause, whatever rules that breaks.
    """
    if kind.requirement in OF_ALL_ERRORS or (kind.requirement in REFUSED and kind.status == "200"):
        return Cause(without_rule(kind), (BADLY_SERVED,) if bad_stores(case) else ())
    needs = (*codec_needed(case, kind), *request_needs(case))
    match case.steps[-1:]:
        case (SendRaw() as raw,) if kind.requirement in BELOW_JSON and unusual(raw):
            return Cause(without_rule(kind), (*unusual(raw), *needs))
    return Cause(kind, needs)


def unusual(raw: SendRaw) -> tuple[str, ...]:
    """What of a raw request a client of the API would not send, its body aside."""
    if named_by(raw.path) is None:
        return (UNUSUAL_PATH,)
    if raw.method != "POST":
        return ("an unusual method",)
    return tuple(f"an unusual {name}" for name, value in raw.headers if (name, value) != JSON_TYPE)


def title_of(smallest: Smallest, cause: Cause) -> str:
    """One line that says what is wrong, and with what."""
    title = smallest.violation.title
    said = [need for need in cause.needs if need not in title.split()]
    return f"{title} · {', '.join(said)}" if said else title


def name_of(cause: Cause) -> str:
    """A folder name: readable words, and the fingerprint that makes it its own."""
    needs = cause.needs[:MOST_WORDS_OF_A_NAME]
    words = [*needs, cause.kind.requirement] if cause.of_scene else [cause.kind.requirement, cause.kind.symptom, *needs]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:60].strip("-")
    return f"{slug}-{cause.fingerprint[:DIGITS_OF_A_NAME]}"


def is_named(name: str, fingerprint: str) -> bool:
    """Whether a finding was named when it had that fingerprint."""
    return name.endswith(f"-{fingerprint[:DIGITS_OF_A_NAME]}")
