"""One generator function per group of requirements: an exchange and its expectation → violations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from specs import wire
from specs.case import Send, SendRaw
from specs.expectation import Expectation
from specs.outcome import NoReply, Reply
from specs.profile import Profile
from specs.value_checks import answer_checks
from specs.violation import Violation

LEAKS = ("Traceback (most recent", "panicked at", ".rs:", '.py", line', "goroutine ", "RUST_BACKTRACE")
TOO_MUCH_TO_DO = (429, 503)
# How an answer is written is the server's alone, whatever its store sent.
OF_FORM = ("answer-form", "as-bytes")
FRAMING_CAUSES = ("http framing", "too large")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. `secrets` are the strings that no answer may hold.

    `together` is whether others were sent at the same time.
    """

    step: Send | SendRaw
    outcome: Reply | NoReply
    profile: Profile
    secrets: tuple[str, ...] = ()
    together: bool = False


NAMES = "a text that names "
SECRET = "secret"
Check = Callable[[Exchange, Expectation], Iterator[Violation]]


def violations(exchange: Exchange, expected: Expectation, step: int) -> list[Violation]:
    """The first requirement broken, and any warnings; later ones are mostly its shadows.

    Not so of a secret that an error holds: what else is wrong with the error is another matter.
    """
    found: list[Violation] = []
    for check in OF_OVERLOAD if _overloaded(exchange) else CHECKS:
        for violation in check(exchange, expected):
            found.append(replace(violation, step=step))
            if violation.severity == "failure" and violation.symptom != SECRET:
                return found
    return found


def answers(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """The server answers; it does not hang up, time out or send what is not HTTP."""
    outcome = exchange.outcome
    if isinstance(outcome, NoReply):
        title = {
            "timeout": "no answer in time",
            "refused": "the server is gone",
            "garbled": "the answer is not HTTP",
            "truncated": "the answer is cut short",
            "too-long": "the answer does not end",
        }.get(outcome.reason, "the connection is dropped without an answer")
        symptom = f"{outcome.reason} {_cause(expected)}".strip()
        yield Violation("answers", title, _due(expected), f"{outcome.reason} {outcome.detail}".strip(), symptom)


def no_server_error(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """A request never makes the server fail, unless the store beneath it does."""
    reply = _reply(exchange)
    if reply is None or reply.status < 500 or expected.of_the_store:
        return
    if expected.rejection is not None and reply.status in expected.rejection.statuses:
        return
    title = f"a {reply.status} where {'values are' if expected.answers else 'a client error is'} due"
    symptom = f"{reply.status} {_cause(expected)}".strip()
    yield Violation("no-server-error", title, _due(expected), _told(reply), symptom)


def discloses_nothing(exchange: Exchange, _: Expectation) -> Iterator[Violation]:
    """An error gives away neither credentials nor the server's insides."""
    reply = _reply(exchange)
    if reply is None or reply.status < 400:
        return
    text = reply.body.decode("utf-8", "replace") + "\n".join(value for _, value in reply.headers)
    if any(secret in text for secret in exchange.secrets):
        yield Violation("discloses-nothing", "an error holds a secret", "no secret", "the secret", SECRET)
    leak = next((leak for leak in LEAKS if leak in text), None)
    if leak is not None:
        yield Violation(
            "discloses-nothing", "an error shows the server's insides", "a message", _told(reply), "insides"
        )


def accepts(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """A valid request is answered with values, an invalid one is not; errors have the cause's status."""
    reply = _reply(exchange)
    if reply is None or expected.unspecified:
        if reply is not None and not (reply.status == 200 or reply.status >= 300):
            yield Violation("no-server-error", f"a {reply.status}", _due(expected), _told(reply), f"{reply.status}")
        return
    rejection = expected.rejection
    if reply.status == 200 and rejection is not None and _is_an_error(reply):
        title = f"{rejection.cause}: an error with status 200"
        yield Violation("error-status", title, _due(expected), _told(reply), f"{_cause(expected)} 200".strip())
    elif reply.status == 200:
        if not expected.answers and rejection is not None and _is_held_to(exchange.profile, rejection.cause):
            yield _wrongly_accepted(expected)
    elif rejection is None or (expected.answers and reply.status < 400):
        verb = "refused with" if reply.status >= 400 else "answered by"
        title = f"a valid {_name(exchange)} is {verb} {reply.status}"
        yield Violation("accepts-valid", title, _due(expected), _told(reply), f"{reply.status}")
    elif reply.status not in rejection.statuses:
        title = f"{rejection.cause}: {reply.status}, not {_statuses(rejection.statuses)}"
        yield Violation("error-status", title, _due(expected), _told(reply), f"{rejection.cause} {reply.status}")


def _is_an_error(reply: Reply) -> bool:
    try:
        wire.error_text(reply)
    except wire.Malformed:
        return False
    return True


def _is_held_to(profile: Profile, cause: str) -> bool:
    return cause != "foreign authorization" or profile.rules("foreign-authorization")


def _wrongly_accepted(expected: Expectation) -> Violation:
    cause = expected.rejection.cause if expected.rejection else ""
    requirement = "refuses-invalid"
    if "credentials" in cause:
        requirement = "credentials"
    elif cause == "foreign authorization":
        return Violation("foreign-authorization", "answered", _due(expected), "200", cause, "warning")
    elif cause in ("short read", "undecodable data", "data does not fit the shape", "range beyond the object"):
        requirement = "refuses-unfit-data"
    elif cause.startswith("no such") or cause == "not found":
        requirement = "refuses-missing-objects"
    return Violation(requirement, f"{cause}: answered with values", _due(expected), "200", cause)


def error_form(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """Errors are JSON of the API's form."""
    reply = _reply(exchange)
    if reply is None or reply.status < 400 or not exchange.profile.json_errors or _below_json(exchange, expected):
        return
    try:
        wire.error_text(reply)
    except wire.Malformed as error:
        yield Violation(
            "error-form",
            f"a {reply.status} {error}",
            '{"error": {"message": …}}',
            _told(reply),
            _class_of(str(error), expected),
        )


def _class_of(text: str, expected: Expectation) -> str:
    cause = expected.rejection.cause if expected.rejection else ""
    return f"{text.split(':')[0]} {cause if cause in ('unknown path', 'wrong method', 'content type') else ''}".strip()


def _below_json(exchange: Exchange, expected: Expectation) -> bool:
    """Where the trouble is with HTTP itself, a server's HTTP library answers in its own words."""
    if isinstance(exchange.step, SendRaw) and (exchange.step.method == "HEAD" or expected.unspecified):
        return True
    causes = () if expected.rejection is None else expected.rejection.cause.split(" or ")
    return any(cause in FRAMING_CAUSES for cause in causes)


def error_names_the_field(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """The text of an error names the offending field, or upstream's code."""
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
        title = f"{rejection.cause}: the error does not name {rejection.words[0]}"
        words = " or ".join(dict.fromkeys(rejection.words))
        yield Violation("error-names-field", title, f"{NAMES}{words}", _told(reply), rejection.cause)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def right_values(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """A 200 has the API's form, and says truly what it gives."""
    reply = _reply(exchange)
    if reply is None or reply.status != 200 or (isinstance(exchange.step, SendRaw) and exchange.step.method != "POST"):
        return
    if expected.answers:
        for violation in answer_checks(reply, expected.answers, exchange.profile, exchange.step):
            trusted = expected.of_bad_store and violation.severity == "failure" and violation.requirement not in OF_FORM
            yield replace(violation, requirement="distrusts-store") if trusted else violation


def serves_several(exchange: Exchange, expected: Expectation) -> Iterator[Violation]:
    """A few requests at the same time are not too many."""
    reply = _reply(exchange)
    if reply is not None and expected.answers:
        title = f"a {reply.status} to one of the requests at the same time"
        yield Violation("serves-several", title, _due(expected), _told(reply), f"{reply.status}", "warning")


CHECKS: tuple[Check, ...] = (
    answers, no_server_error, accepts, discloses_nothing, error_form, error_names_the_field, right_values,
)  # fmt: skip
OF_OVERLOAD: tuple[Check, ...] = (discloses_nothing, error_form, serves_several)


def _overloaded(exchange: Exchange) -> bool:
    """Whether a server says that it has too much to do. The API is silent about that, and HTTP has statuses for it."""
    reply = _reply(exchange)
    return exchange.together and reply is not None and reply.status in TOO_MUCH_TO_DO


def _reply(exchange: Exchange) -> Reply | None:
    return exchange.outcome if isinstance(exchange.outcome, Reply) else None


def _cause(expected: Expectation) -> str:
    """What should have been refused, to tell causes apart by; and an object without bytes, which may be answered."""
    causes = [] if expected.rejection is None else expected.rejection.cause.split(" or ")
    if expected.answers:
        return next((cause for cause in causes if cause == "empty-object"), "")
    return causes[0] if causes else ""


def _name(exchange: Exchange) -> str:
    return exchange.step.operation if isinstance(exchange.step, Send) else "request"


def _due(expected: Expectation) -> str:
    """What was due, in words."""
    parts = []
    if expected.answers:
        parts.append("200 with values")
    if expected.rejection is not None:
        parts.append(f"{_statuses(expected.rejection.statuses)} ({expected.rejection.cause})")
    return " or ".join(parts) or f"any proper answer ({expected.why})"


def _statuses(statuses: frozenset[int]) -> str:
    if len(statuses) >= 100:
        return "4xx or 5xx" if max(statuses) >= 500 else "4xx"
    return " or ".join(str(one) for one in sorted(statuses))


def _told(reply: Reply) -> str:
    """The status and the beginning of what the server said."""
    text = reply.body[:400].decode("utf-8", "replace").strip()
    return f"{reply.status} {text}" if text else f"{reply.status} with an empty body"
