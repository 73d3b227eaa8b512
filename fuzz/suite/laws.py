"""A property as a test function, and what its failure says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from fuzz.config import DEFAULT_SUBJECT
from fuzz.errors import CannotRun
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.findings.portrait import portrait
from fuzz.findings.scrubbing import scrubbed
from fuzz.running.session import Judgement, Session
from fuzz.subject import Property
from fuzz.suite.failures import Broken, TargetGone
from fuzz.suite.opening import Opening
from fuzz.suite.profiles import ALWAYS
from fuzz.versions import suite_version
from specs.case import Case
from specs.outcome import NoReply
from specs.violation import Aspect, Violation, Way
from strategies.drawing import strategy_of


def law(one: Property, opening: Opening) -> Callable[..., None]:
    """Return the test of a property, under the name and with the sentence that the registry has for it."""
    died: list[Broken] = []

    def test(session: Session, case: Case) -> None:
        # Each further try would cost another restart of the server, and the case is reduced already.
        broken = died[0] if died else hold(session, one.named(case), opening)
        if broken is not None:
            if broken.causes and not died:
                died.append(broken)
            raise broken

    test.__name__ = test.__qualname__ = f"test_{re.sub('[^a-z0-9]+', '_', one.name)}"
    test.__doc__ = one.sentence
    cases = st.deferred(lambda: strategy_of(one.cases(opening.profile)))
    return settings(settings.default, **ALWAYS)(given(case=cases)(test))


def hold(session: Session, case: Case, opening: Opening) -> Broken | None:
    """Judge a case; what is broken, unless it is accepted for now."""
    opening.revive()
    judgement = session.judge(case)
    if not judgement.failures:
        return None
    violation = judgement.failures[0]
    died = _dropped(judgement) and not opening.life.alive()
    if died and not opening.life.revive():
        raise TargetGone(
            f"the target at {opening.target.url} is gone and does not come back", _death(judgement, opening)
        )
    causes: list[Finding] = []
    if died or opening.known.entries:
        causes = triaged(case, opening)
        if causes and all(opening.known.match(one) is not None for one in causes):
            event(f"known: {violation.title}")
            return None
    kind = _class_of(violation, opening)
    return kind(case, violation, tuple(causes) if died else ())


def _dropped(judgement: Judgement) -> bool:
    return any(isinstance(one, NoReply) for one in judgement.transcript.outcomes)


def _class_of(violation: Violation, opening: Opening) -> type[Broken]:
    """Return one class for each kind: Hypothesis tells failures apart by class and line."""
    name = " ".join(("Broken", violation.requirement, *violation.ids))
    return opening.kinds.setdefault(name, type(name, (Broken,), {}))


def _death(judgement: Judgement, opening: Opening) -> Finding:
    """Return the finding of the case that was asked last, unreduced: no server is left to ask about simpler ones."""
    end = judgement.failures[0].step + 1
    died = Violation(
        "survives", "the server ends", "an answer", "the server is gone",
        way=Way.DROPPED, aspect=Aspect.GONE, step=end - 1,
    )  # fmt: skip
    finding = Finding(
        id=f"survives-{opening.worker}",
        fingerprint=opening.worker,
        violation=died,
        case=replace(judgement.transcript.case, steps=judgement.transcript.case.steps[:end]),
        outcomes=judgement.transcript.outcomes[:end],
        reproducibility="cut short",
        api=opening.profile.api,
        subject="" if opening.subject.name == DEFAULT_SUBJECT else opening.subject.name,
        server=opening.target.url,
        suite=suite_version(),
        origin=opening.session().origin,
        last_words=opening.target.launcher.last_words() if opening.target.launcher is not None else "",
    )
    finding = scrubbed(finding, opening.target.store.credentials.values())
    folder = opening.settings.findings
    texts = pages(finding, opening.profile, str(folder / finding.id))
    corpus.save(folder, finding, texts, worker=opening.worker)
    return finding


def triaged(case: Case, opening: Opening) -> list[Finding]:
    """Return the findings that a failing case belongs to; new ones are shrunk and saved. Raises TargetGone."""
    try:
        return opening.findings_of(case)
    except CannotRun as error:
        raise TargetGone(str(error), *opening.made[-1:]) from error


def broken_by(error: BaseException) -> Broken | None:
    """Return the server's failure in what a test raised, directly or within what Hypothesis says of a flaky test."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := broken_by(one)) is not None), None)
    return error if isinstance(error, Broken) else None


def report(broken: Broken, opening: Opening, test: str) -> str:
    """Keep a failure as a finding, and tell it in lines; of a finding that another test has told, name that test."""
    found = list(broken.causes) or triaged(broken.case, opening)
    if not found:
        violation = broken.violation
        differs = f"expected  {violation.expected}\ngot       {violation.actual}"
        return f"{violation.title}\n{differs}\nnot seen again when asked once more"
    new = [one for one in found if opening.known.match(one) is None]
    texts = []
    for one in new or found:
        first = opening.told.setdefault(one.id, test)
        same = f"same as {first}: {one.violation.title}"
        texts.append(told(one, opening) if first == test else same)
    return "\n\n".join(texts)


def told(finding: Finding, opening: Opening) -> str:
    """Return a finding's title and portrait."""
    path = str(opening.settings.findings / finding.id)
    return "\n".join([finding.violation.title, *portrait(finding, path)])
