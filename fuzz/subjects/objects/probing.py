"""Find out what a store can do, and which rulings it keeps to, by a few short histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fuzz.errors import CannotRun
from fuzz.running.session import Session
from fuzz.running.store import Store, Unstorable
from fuzz.subject import Connect, Probed
from fuzz.subjects.objects.access import SECOND
from fuzz.subjects.objects.probe_questions import (
    CAPABILITIES,
    DELIMITER,
    DIGESTS,
    ODD_KEYS,
    RULINGS,
    UPLOADS,
    Question,
    keys_question,
)  # fmt: skip
from specs.case import Case
from specs.objects.profile import NOT_BY_DEFAULT, Profile, load

HEAD = "# What `asfuzz probe` found out. What a store lacks is not put to the test: strike out what it should have.\n"


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of a probe: what a store lacks, has, and does otherwise, for each part of a profile."""

    lacks: tuple[str, ...]
    digests: tuple[str, ...]
    keys: tuple[str, ...]
    rulings_off: tuple[str, ...]
    delimiter: Literal["any", "/"]
    list_uploads: Literal["full", "by-key", "no"]

    def profile(self, name: str) -> Profile:
        """Return the profile of a store that is held to what it has."""
        whole = load("reference")
        able = tuple(one for one in whole.capabilities if one not in (*self.lacks, *NOT_BY_DEFAULT))
        return Profile(
            name, title="a store that was probed", capabilities=able, digests=self.digests, keys=self.keys,
            rulings_off=self.rulings_off, delimiter=self.delimiter, list_uploads=self.list_uploads,
        )  # fmt: skip

    def file(self, name: str) -> str:
        """Return the text of a profile of that name."""
        lines = [HEAD, f'name = "{name}"']
        for word in ("lacks", "digests", "keys", "rulings_off"):
            several = ", ".join(f'"{one}"' for one in getattr(self, word))
            lines.append(f"{word} = [{several}]")
        lines += [f'delimiter = "{self.delimiter}"', f'list_uploads = "{self.list_uploads}"']
        return "\n".join(lines) + "\n"


def probe(connect: Connect, store: Store, revive: Callable[[], None] | None = None) -> Probed:
    """Ask a store all questions; raises CannotRun where it does not keep an object at all."""
    session = connect(load("reference"))
    try:
        found = _found(session, SECOND in store.credentials, revive)
    finally:
        session.close()
    doubts = (
        (f"taken for what the store does not claim: {', '.join(found.lacks)}. If it should, say so in a profile",)
        if found.lacks
        else ()
    )
    return Probed(found.profile("probed"), doubts, tuple(_table(found)), found.file)


def _found(session: Session, has_second: bool, revive: Callable[[], None] | None) -> Found:
    def yes(question: Question) -> bool:
        return _answer(session, question, revive)

    lacks = [one.about for one in CAPABILITIES if not yes(one)]
    if not has_second and "second-account" not in lacks:
        lacks.append("second-account")
    return Found(
        tuple(lacks),
        tuple(one.about for one in DIGESTS if yes(one)),
        tuple(kind for kind in ODD_KEYS if not yes(keys_question(kind))),
        tuple(one.about for one in RULINGS if not yes(one)),
        "any" if yes(DELIMITER) else "/",
        "full" if yes(UPLOADS[0]) else "by-key" if yes(UPLOADS[1]) else "no",
    )


def _answer(session: Session, question: Question, revive: Callable[[], None] | None) -> bool:
    """Say whether a store's answers to a question say yes; a store that died of it is brought back."""
    if any(step.sent.by not in session.store.credentials for step in question.steps if step.sent.by != "anonymous"):
        return False
    case = Case("probe", question.steps)
    try:
        return question.says(session.run(case).outcomes)
    except Unstorable:
        if revive is None:
            raise CannotRun(f"the store makes no bucket any more, after it was asked about {question.about}") from None
        revive()
        return False


def _table(found: Found) -> Iterator[str]:
    """Yield the lines that say what a store can do."""
    rows: dict[str, Any] = {
        "has": [one.about for one in CAPABILITIES if one.about not in found.lacks],
        "lacks": found.lacks,
        "digests": found.digests,
        "keys not kept apart": found.keys,
        "does otherwise": found.rulings_off,
        "delimiter": [found.delimiter],
        "uploads are listed": [found.list_uploads],
    }
    width = max(map(len, rows))
    yield from (f"{name:<{width}}  {', '.join(several) or 'none'}" for name, several in rows.items())
