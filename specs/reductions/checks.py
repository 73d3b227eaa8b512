"""Check exchanges: one generator function for each group of requirements yields the violations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from specs.outcome import NoReply, Reply
from specs.reductions import wire
from specs.reductions.expectation import Expectation, Rejection
from specs.reductions.profile import Profile
from specs.reductions.proved import proved_invalid
from specs.reductions.refusals import statuses_of
from specs.reductions.rules import FOREIGN, Rule, requirement_of_all
from specs.reductions.steps import Send, SendRaw
from specs.reductions.validity import NAMES_OF_THE_API
from specs.reductions.value_checks import answer_checks
from specs.rules import told
from specs.violation import Aspect, Violation, Way

LEAKS = ("Traceback (most recent", "panicked at", ".rs:", '.py", line', "goroutine ", "RUST_BACKTRACE")
TOO_MUCH_TO_DO = (429, 503)
# Requirements on the form of an answer, which the server alone decides, however its store serves.
OF_FORM = ("answer-form", "as-bytes")
BELOW_JSON = frozenset({Rule.HTTP_FRAMING, Rule.TOO_LARGE})
# A server may notice a break of these rules and answer before the code runs that knows the API's errors.
OF_ROUTING = frozenset({Rule.UNKNOWN_PATH, Rule.WRONG_METHOD, Rule.CONTENT_TYPE})
NO_PROPER_ANSWER = {
    "timeout": (Aspect.NONE, "no answer in time"),
    "refused": (Aspect.CONNECTION_REFUSED, "the server is gone"),
    "garbled": (Aspect.GARBLED, "the answer is not HTTP"),
    "truncated": (Aspect.TRUNCATED, "the answer is cut short"),
    "too-long": (Aspect.TOO_LONG, "the answer does not end"),
    "closed": (Aspect.CLOSED, "the connection is dropped without an answer"),
    "reset": (Aspect.RESET, "the connection is dropped without an answer"),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One request and its outcome. `secrets` are the strings that no answer may hold.

    `together` says whether others were sent at the same time.
    """

    step: Send | SendRaw
    outcome: Reply | NoReply
    profile: Profile
    secrets: tuple[str, ...] = ()
    together: bool = False


Check = Callable[[Answered, Expectation], Iterator[Violation]]


def violations(exchange: Answered, expected: Expectation, step: int) -> list[Violation]:
    """Return the first failure and the warnings before it; later failures mostly follow from the first.

    Checks go on after a secret in an error, since other things wrong with the error are independent of it.
    """
    found: list[Violation] = []
    for check in OF_OVERLOAD if _overloaded(exchange) else CHECKS:
        for violation in check(exchange, expected):
            found.append(replace(violation, step=step))
            if violation.severity == "failure" and violation.aspect != Aspect.SECRET:
                return found
    return found


def answers(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that the server answers: it does not hang up, time out or send what is not HTTP."""
    outcome = exchange.outcome
    if isinstance(outcome, NoReply):
        aspect, title = NO_PROPER_ANSWER[outcome.reason]
        way = Way.SILENT if outcome.reason == "timeout" else Way.DROPPED
        actual = f"{outcome.reason} {outcome.detail}".strip()
        yield Violation("answers", title, _due(expected), actual, way=way, rules=due_rules(expected), aspect=aspect)


def no_server_error(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that a request does not make the server fail, unless the store beneath it fails."""
    reply = _reply(exchange)
    if reply is None or reply.status < 500 or expected.of_the_store:
        return
    if expected.rejection is not None and reply.status in statuses_of(expected.rejection.classes):
        return
    title = f"a {reply.status} where {'values are' if expected.answers else 'a client error is'} due"
    yield _by_status("no-server-error", title, expected, reply, Way.SERVER_ERROR)


def _by_status(requirement: str, title: str, expected: Expectation, reply: Reply, way: Way) -> Violation:
    """Return the violation of an answer with a wrong status."""
    rules = due_rules(expected)
    return Violation(requirement, title, _due(expected), _told(reply), way=way, rules=rules, status=reply.status)


def discloses_nothing(exchange: Answered, _: Expectation) -> Iterator[Violation]:
    """Check that an error gives away neither credentials nor the server's insides."""
    reply = _reply(exchange)
    if reply is None or reply.status < 400:
        return
    text = reply.body.decode("utf-8", "replace") + "\n".join(value for _, value in reply.headers)
    if any(secret in text for secret in exchange.secrets):
        yield _disclosure("an error holds a secret", "no secret", "the secret", Aspect.SECRET)
    leak = next((leak for leak in LEAKS if leak in text), None)
    if leak is not None:
        yield _disclosure("an error shows the server's insides", "a message", _told(reply), Aspect.INSIDES)


def _disclosure(title: str, expected: str, actual: str, aspect: Aspect) -> Violation:
    return Violation("discloses-nothing", title, expected, actual, way=Way.DISCLOSES, aspect=aspect)


def accepts(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that valid requests get values and invalid ones do not, and that errors have the right status."""
    reply = _reply(exchange)
    if reply is None or expected.unspecified:
        if reply is not None and not (reply.status == 200 or reply.status >= 300):
            yield _by_status("no-server-error", f"a {reply.status}", expected, reply, Way.STATUS)
        return
    rejection = expected.rejection
    if reply.status == 200 and rejection is not None and _is_an_error(reply):
        title = f"{told(rejection.rules)}: an error with status 200"
        yield _by_status("error-status", title, expected, reply, Way.STATUS)
    elif reply.status == 200:
        if expected.answers or rejection is None:
            return
        if proved_invalid(exchange.step, rejection.rules, exchange.profile):
            yield from _wrongly_accepted(expected, rejection.rules, exchange.profile)
    elif rejection is None or (expected.answers and reply.status < 400):
        verb = "refused with" if reply.status >= 400 else "answered by"
        title = f"a valid {_name(exchange)} is {verb} {reply.status}"
        yield _by_status("accepts-valid", title, expected, reply, Way.REFUSED)
    elif reply.status not in statuses_of(rejection.classes):
        title = f"{told(rejection.rules)}: {reply.status}, not {_statuses(rejection)}"
        yield _by_status("error-status", title, expected, reply, Way.STATUS)


def _is_an_error(reply: Reply) -> bool:
    try:
        wire.error_text(reply)
    except wire.Malformed:
        return False
    return True


def _wrongly_accepted(expected: Expectation, rules: frozenset[Rule], profile: Profile) -> Iterator[Violation]:
    """Report values where a refusal is due; a foreign authorization is a warning, if the profile has that ruling."""
    requirement = requirement_of_all(rules)
    foreign = requirement == FOREIGN
    if foreign and not profile.rules(FOREIGN):
        return
    title = "answered" if foreign else f"{told(rules)}: answered with values"
    yield Violation(
        requirement, title, _due(expected), "200",
        way=Way.ACCEPTED, rules=rules, severity="warning" if foreign else "failure",
    )  # fmt: skip


def error_form(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that errors are JSON of the API's form."""
    reply = _reply(exchange)
    if reply is None or reply.status < 400 or not exchange.profile.json_errors or _below_json(exchange, expected):
        return
    try:
        wire.error_text(reply)
    except wire.Malformed as error:
        title, form = f"a {reply.status} {error}", '{"error": {"message": …}}'
        rules = due_rules(expected) & OF_ROUTING
        yield Violation("error-form", title, form, _told(reply), way=Way.FORM, rules=rules, aspect=error.aspect)


def _below_json(exchange: Answered, expected: Expectation) -> bool:
    """Say whether a fault is in HTTP itself, where a server's HTTP library may answer in a form of its own."""
    if isinstance(exchange.step, SendRaw) and (exchange.step.method == "HEAD" or expected.unspecified):
        return True
    return expected.rejection is not None and bool(expected.rejection.rules & BELOW_JSON)


def error_names_the_field(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that the text of an error names the offending field, or upstream's code."""
    reply, rejection = _reply(exchange), expected.rejection
    if reply is None or rejection is None or not 400 <= reply.status < 500 or not rejection.words:
        return
    if not exchange.profile.json_errors or expected.answers:
        return
    try:
        text = _letters(wire.error_text(reply))
    except wire.Malformed:
        return
    if not any(_letters(word) in text for word in rejection.words):
        first = rejection.words[0]
        title = f"{told(rejection.rules)}: the error does not name {first}"
        due = f"a text that names {' or '.join(dict.fromkeys(rejection.words))}"
        aspect = first if first in NAMES_OF_THE_API else Aspect.NAME_OF_AN_UNKNOWN_FIELD
        rules = rejection.rules
        yield Violation("error-names-field", title, due, _told(reply), way=Way.UNNAMED, rules=rules, aspect=aspect)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def right_values(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that a 200 has the API's form and right values."""
    reply = _reply(exchange)
    if reply is None or reply.status != 200 or (isinstance(exchange.step, SendRaw) and exchange.step.method != "POST"):
        return
    if expected.answers:
        for violation in answer_checks(reply, expected.answers, exchange.profile, exchange.step):
            trusted = expected.of_bad_store and violation.severity == "failure" and violation.requirement not in OF_FORM
            yield replace(violation, requirement="distrusts-store") if trusted else violation


def serves_several(exchange: Answered, expected: Expectation) -> Iterator[Violation]:
    """Check that a few requests at the same time are not refused as too many."""
    reply = _reply(exchange)
    if reply is not None and expected.answers:
        title = f"a {reply.status} to one of the requests at the same time"
        yield replace(_by_status("serves-several", title, expected, reply, Way.REFUSED), severity="warning")


CHECKS: tuple[Check, ...] = (
    answers, no_server_error, accepts, discloses_nothing, error_form, error_names_the_field, right_values,
)  # fmt: skip
OF_OVERLOAD: tuple[Check, ...] = (discloses_nothing, error_form, serves_several)


def _overloaded(exchange: Answered) -> bool:
    """Say whether a server reports an overload, by a status of HTTP, as the API is silent about that."""
    reply = _reply(exchange)
    return exchange.together and reply is not None and reply.status in TOO_MUCH_TO_DO


def _reply(exchange: Answered) -> Reply | None:
    return exchange.outcome if isinstance(exchange.outcome, Reply) else None


def due_rules(expected: Expectation) -> frozenset[Rule]:
    """Return the rules for which a refusal was due, which tell causes apart, or was allowed for an empty object."""
    rules = frozenset[Rule]() if expected.rejection is None else expected.rejection.rules
    return rules & {Rule.EMPTY_OBJECT} if expected.answers else rules


def _name(exchange: Answered) -> str:
    return exchange.step.operation if isinstance(exchange.step, Send) else "request"


def _due(expected: Expectation) -> str:
    """Describe the answer that was due."""
    parts = []
    if expected.answers:
        parts.append("200 with values")
    if expected.rejection is not None:
        parts.append(f"{_statuses(expected.rejection)} ({told(expected.rejection.rules)})")
    return " or ".join(parts) or f"any proper answer ({expected.why})"


def _statuses(rejection: Rejection) -> str:
    statuses = statuses_of(rejection.classes)
    if len(statuses) >= 100:
        return "4xx or 5xx" if max(statuses) >= 500 else "4xx"
    return " or ".join(str(one) for one in sorted(statuses))


def _told(reply: Reply) -> str:
    """Return the status and the beginning of the server's text."""
    text = reply.body[:400].decode("utf-8", "replace").strip()
    return f"{reply.status} {text}" if text else f"{reply.status} with an empty body"
