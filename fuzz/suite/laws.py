"""A property as a test function, and what its failure says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from fuzz.errors import CannotRun
from fuzz.events import Event, FindingFound
from fuzz.executor import Judgement, Session
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.findings.replay import outcomes_unreachable
from fuzz.hunt.failures import kind_of, of_kind
from fuzz.hunt.hunter import Hunter, Tally, replace_first
from fuzz.hunt.life import TargetLife
from fuzz.hunt.reducer import isolated
from fuzz.hunt.scene import scene_of
from fuzz.hunt.triage import explained_by, scene_needs
from fuzz.properties import Property
from fuzz.reports.portrait import portrait
from fuzz.suite.opening import Opening
from fuzz.suite.profiles import ALWAYS
from fuzz.versions import suite_version
from specs.case import Case
from specs.outcome import NoReply
from specs.violation import Violation


class Broken(AssertionError):
    """A requirement is broken. Each kind of failure has a class of its own, so that shrinking stays with one."""

    def __init__(self, case: Case, violation: Violation) -> None:
        super().__init__(violation.title)
        self.case = case
        self.violation = violation


def law(one: Property, opening: Opening) -> Callable[..., None]:
    """The test of a property, under the name and with the sentence that the registry has for it."""

    def test(session: Session, case: Case) -> None:
        hold(session, case, opening)

    test.__name__ = test.__qualname__ = f"test_{re.sub('[^a-z0-9]+', '_', one.name)}"
    test.__doc__ = one.sentence
    cases = st.deferred(lambda: one.cases(opening.profile))
    return settings(settings.default, **ALWAYS)(given(case=cases)(test))


def hold(session: Session, case: Case, opening: Opening) -> None:
    """Judge a case; raises Broken where it fails in a way that nobody has accepted."""
    opening.revive()
    judgement = session.judge(case)
    for violation in judgement.failures:
        if is_known(session, case, judgement, violation, opening):
            event(f"known: {violation.title}")
            continue
        _end_if_gone(judgement, opening)
        broken = _class_of(violation, opening)(case, violation)
        opening.last = broken
        raise broken


def _class_of(violation: Violation, opening: Opening) -> type[Broken]:
    """One class for each kind: Hypothesis tells failures apart by class and line."""
    kind = kind_of(violation)
    name = f"Broken {kind.requirement} {kind.symptom}".strip()
    return opening.kinds.setdefault(name, type(name, (Broken,), {}))


def broken_by(error: BaseException) -> Broken | None:
    """The failure of the server in what a test raised: as it is, or among what Hypothesis says of a flaky one."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := broken_by(one)) is not None), None)
    return error if isinstance(error, Broken) else None


def is_known(session: Session, case: Case, judgement: Judgement, violation: Violation, opening: Opening) -> bool:
    """Whether an accepted finding explains a failure, or an entry of the list describes it."""
    if not opening.known.entries:
        return False
    single = isolated(case, violation.step) if violation.step >= 0 else case
    alone = session.judge(single)
    failing = of_kind(alone, kind_of(violation))
    if failing is None:
        single, alone, failing = case, judgement, violation
    scene = scene_of(single, session.profile)
    needs = tuple(scene_needs(scene)) if scene is not None else ()
    described = Finding("", "", failing, single, alone.transcript.outcomes, needs)
    if opening.known.match(described) is not None:
        return True
    first = replace_first(alone, failing)
    cause = explained_by(single, first, opening.accepted, session.judge, session.profile)
    return isinstance(cause, Finding)


def _end_if_gone(judgement: Judgement, opening: Opening) -> None:
    """End the run when nothing answers any more, keeping the case that was asked last."""
    first = next((one for one in judgement.transcript.outcomes if one is not None), None)
    if not isinstance(first, NoReply) or not outcomes_unreachable((first,)):
        return
    message = f"asfuzz: the target at {opening.target.url} is gone"
    if opening.last is not None:
        finding = _last_words(opening.last, opening)
        path = corpus.save(opening.settings.findings, finding, pages(finding, opening.profile), worker=opening.worker)
        message += f" since this was asked:\n\n{told(finding, str(path))}\n"
    pytest.exit(message, CannotRun.exit_code)


def _last_words(broken: Broken, opening: Opening) -> Finding:
    died = replace(broken.violation, requirement="survives", title="the server ends", symptom="gone")
    return Finding(
        f"survives-{opening.seed:08x}",
        f"{opening.seed:08x}",
        died,
        broken.case,
        (),
        reproducibility="seen once",
        api=opening.profile.api,
        server=opening.target.url,
        suite=suite_version(),
    )


def report(broken: Broken, opening: Opening) -> str:
    """Make a finding of a failure, keep it, and tell it in lines."""
    found: dict[str, tuple[Finding, str]] = {}

    def note(one: Event) -> None:
        if isinstance(one, FindingFound):
            found[one.finding.id] = one.finding, one.path

    memory = opening.memory
    memory.reload()
    life = TargetLife(opening.target.url, opening.target.launcher)
    hunter = Hunter(opening.session(), memory, life, note, opening.seed)
    try:
        hunter.try_case(broken.case, Tally())
    except CannotRun as error:
        return f"{broken.violation.title}\n{error}"
    memory.flush()
    if not found:
        violation = broken.violation
        differs = f"expected  {violation.expected}\ngot       {violation.actual}"
        return f"{violation.title}\n{differs}\nnot seen again when asked once more"
    new = [pair for pair in found.values() if opening.known.match(pair[0]) is None]
    return "\n\n".join(told(*pair) for pair in new or found.values())


def told(finding: Finding, path: str) -> str:
    """A finding's title and portrait."""
    return "\n".join([finding.violation.title, *portrait(finding, path)])
