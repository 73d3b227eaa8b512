"""Known issues: findings accepted for now, each with a reason, and a day on which that ends."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from fuzz.findings import meant
from fuzz.findings.finding import Finding, Reproducibility
from fuzz.findings.meant import OR
from fuzz.registry import subject_of
from fuzz.toml_text import toml_text
from specs.outcome import Reply
from specs.profile import Profile, did_you_mean

FILE_NAME = "known.toml"
_HEADER = "[[known]]"
MEANS = ("fingerprint", "id", "requirement")
# What a profile tells about a known issue beyond what it is recognised by: see fuzz.findings.reported.
REPORT = "report"
# What entries said before failures had ids.
SYMPTOM = "symptom"


class UnusableKnown(ValueError):
    """A list of known issues that does not say what one says; the text says where and what."""


# Among the needs of an entry: of what was seen once.
CHANCE = "chance"
# How often findings came of which it is not known whether they came by chance.
BY_CHANCE = ("seen once", "cut short")


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted cause: by fingerprint, by id, or by requirement and what else is given of how it fails.

    Requirement, way, aspect and each need may name alternatives, as in "axis|several axes"; the failure breaks some of
    the rules and no others; `says` is a part of what the server answered. Of `faults`, each a rule or a field with one
    (as in "element_size:out-of-range"), the finding covers one at least.
    """

    reason: str
    fingerprint: str = ""
    id: str = ""
    requirement: str = ""
    way: str = ""
    rules: tuple[str, ...] | None = None
    status: tuple[int, ...] = ()
    aspect: str = ""
    needs: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    reproducibility: str = ""
    says: str = ""
    title: str = ""
    link: str = ""
    expires: date | None = None
    where: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Return the name of the entry in messages."""
        return (
            self.id
            or self.title
            or self.fingerprint
            or " ".join((self.requirement, self.way, *(self.rules or ()), self.aspect)).strip()
        )

    def covers(self, finding: Finding) -> bool:
        """Say whether the entry is about this finding, whatever the day."""
        if self.fingerprint and self.fingerprint == finding.fingerprint:
            return True
        if self.id and self.id == finding.id:
            return True
        if self.fingerprint or self.id or not self.requirement:
            return False
        # A finding that was cut short has what it may need: where that is known, it is taken for known.
        needs = {*finding.needs, *finding.unproved, *([CHANCE] if finding.reproducibility in BY_CHANCE else [])}
        return (
            meant.fits(self, finding.violation)
            and all(needs.intersection(need.split(OR)) for need in self.needs)
            and (not self.faults or bool(set(self.faults) & set(finding.covers)))
            and self.reproducibility in ("", finding.reproducibility)
            and (not self.says or self._said(finding))
        )

    def _said(self, finding: Finding) -> bool:
        """Say whether the answer that failed holds the words."""
        step = finding.violation.step
        failed = finding.outcomes[step : step + 1] if step >= 0 else finding.outcomes
        return any(isinstance(one, Reply) and self.says.encode() in one.body for one in failed)

    def expired(self, today: date) -> bool:
        """Say whether the entry has expired; it holds up to and including its day."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, slots=True)
class Known:
    """The accepted causes on a certain day."""

    entries: tuple[Entry, ...]
    today: date

    def match(self, finding: Finding) -> Entry | None:
        """Return the entry that accepts a finding; expired entries accept nothing."""
        return next((one for one in self.entries if one.covers(finding) and not one.expired(self.today)), None)

    def expired(self) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.expired(self.today))

    def warnings(self) -> tuple[str, ...]:
        """List warnings before a run: the entries that have expired."""
        return tuple(
            f"known issue {one.name!r} expired on {one.expires} and no longer excuses anything ({one.where})"
            for one in self.expired()
        )

    def unseen(self, seen: Iterable[Finding]) -> tuple[str, ...]:
        """List warnings after a run: the entries whose finding did not come up."""
        found = list(seen)
        return tuple(
            f"known issue {one.name!r} was not seen: if it is fixed, remove it by: asfuzz known prune ({one.where})"
            for one in self.entries
            if not one.expired(self.today) and not any(one.covers(finding) for finding in found)
        )


def entries_of(path: Path) -> tuple[Entry, ...]:
    """Read the entries of a known.toml; there are none without such a file."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UnusableKnown(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableKnown(f"{path} is not TOML: {error}") from error
    strange = [name for name in table if name != "known"]
    if strange:
        raise UnusableKnown(f"{path}: {strange[0]!r} is unknown; entries are tables that begin with {_HEADER}")
    entries = table.get("known", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UnusableKnown(f"{path}: known must be a list of tables that begin with {_HEADER}")
    return tuple(_entry(one, f"{path}, entry {number}") for number, one in enumerate(entries, 1))


def gather(findings: Path, profile: Profile | None = None, today: date | None = None) -> Known:
    """Collect the known issues of a findings folder and of a profile, as of today."""
    entries = list(entries_of(findings / FILE_NAME))
    if profile is not None:
        for number, table in enumerate(profile.known, 1):
            entries.append(_entry(table, f"profile {profile.name}, known issue {number}"))
    # Expiry dates are days where the user is; the clock's zone is the user's.
    return Known(tuple(entries), today or datetime.now().astimezone().date())


def refuse_symptom(table: Mapping[str, Any], where: str) -> None:
    """Say how an entry that was written before failures had ids is to be written now."""
    older = subject_of("").older
    if SYMPTOM not in table or older is None:
        return
    requirement = str(table.get("requirement", "")).split(OR)[0]
    told = [older.ids(requirement, one) for one in str(table[SYMPTOM]).split(OR)]
    written = (", ".join(f"{name} = {json.dumps(value)}" for name, value in one.items() if value) for one in told)
    raise UnusableKnown(
        f"{where}: symptom is not read any more; write way, rules, status and aspect in its place, "
        f"as case.json has them, here: {' or '.join(written)}"
    )


def _entry(table: Mapping[str, Any], where: str) -> Entry:
    names = [one.name for one in fields(Entry) if one.name != "where"]
    refuse_symptom(table, where)
    table = {name: value for name, value in table.items() if name != REPORT}
    try:
        told = meant.failure_fields(table)
    except ValueError as error:
        raise UnusableKnown(f"{where}: {error}") from error
    for name, value in table.items():
        if name not in names:
            raise UnusableKnown(f"{where}: {name!r} is unknown.{did_you_mean(name, names)}")
        if name == "expires":
            if not isinstance(value, date) or isinstance(value, datetime):
                raise UnusableKnown(f"{where}: expires must be a date such as 2027-01-31, not {value!r}")
        elif name in ("needs", "faults"):
            if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
                raise UnusableKnown(f"{where}: {name} must be a list of texts, not {value!r}")
        elif name == "reproducibility" and value not in get_args(Reproducibility):
            raise UnusableKnown(f"{where}: reproducibility must be one of {', '.join(get_args(Reproducibility))}")
        elif name not in meant.FIELDS and not isinstance(value, str):
            raise UnusableKnown(f"{where}: {name} must be a text, not {value!r}")
    if not str(table.get("reason", "")).strip():
        raise UnusableKnown(f"{where}: a known issue needs a reason")
    if not any(table.get(name) for name in MEANS):
        raise UnusableKnown(f"{where}: a known issue needs one of {', '.join(MEANS)}")
    return Entry(**{**table, **told, **{name: tuple(table.get(name, ())) for name in ("needs", "faults")}}, where=where)


def entry_of(finding: Finding, reason: str, *, link: str = "", expires: date | None = None) -> Entry:
    """Return the entry that accepts one finding."""
    return Entry(
        reason,
        fingerprint=finding.fingerprint,
        id=finding.id,
        title=finding.violation.title,
        link=link,
        expires=expires,
    )


def added(text: str, entry: Entry) -> str:
    """Return the text of a known.toml with one more entry; all else stays as it is."""
    texts = ("id", "fingerprint", "requirement", "way", "aspect", "reproducibility", "says", "title", "reason", "link")
    lines = [_HEADER, *(f"{name} = {toml_text(value)}" for name in texts if (value := getattr(entry, name)))]
    if entry.rules is not None:
        lines.append(f"rules = [{', '.join(toml_text(one) for one in entry.rules)}]")
    if entry.status:
        lines.append(f"status = [{', '.join(map(str, entry.status))}]")
    for name, several in (("needs", entry.needs), ("faults", entry.faults)):
        if several:
            lines.append(f"{name} = [{', '.join(toml_text(one) for one in several)}]")
    if entry.expires is not None:
        lines.append(f"expires = {entry.expires.isoformat()}")
    before = text.rstrip("\n")
    return (f"{before}\n\n" if before else "") + "\n".join(lines) + "\n"


def removed(text: str, numbers: Iterable[int]) -> str:
    """Return the text of a known.toml without some entries, counted from 0; comments above an entry go with it."""
    gone = set(numbers)
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if re.match(r"\s*\[\[\s*known\s*\]\]", line)]
    begins = [_with_comments(lines, start) for start in starts]
    head = lines[: begins[0]] if begins else lines
    blocks = [lines[begin:end] for begin, end in zip(begins, [*begins[1:], len(lines)])]
    kept = [line for number, block in enumerate(blocks) if number not in gone for line in block]
    return "".join([*head, *kept])


def _with_comments(lines: list[str], start: int) -> int:
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start
