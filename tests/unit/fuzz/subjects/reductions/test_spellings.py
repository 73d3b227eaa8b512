"""Whatever the spelling, a request says the same to whoever reads it by the rules."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.embedded.http_messages import HttpLimits, HttpRequest
from fuzz.embedded.http_reader import RequestReader
from fuzz.findings import case_files
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import case_of, scene_of
from fuzz.subjects.reductions.scripts.writing import long_script
from fuzz.transport.exchanges import finished
from fuzz.transport.http.answers import read_second_answer
from fuzz.transport.http.connection import Connection
from fuzz.transport.protocol import AnswerLimits
from fuzz.triage.traits import traits
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.outcome import Reply
from specs.reductions.model import expectations
from specs.reductions.profile import Profile, load
from specs.reductions.steps import Put, Send, Spelling
from specs.spellings import PLAINLY, SPELLINGS, spelled, written
from specs.store_facts import StoreFacts
from strategies.reductions import cases
from strategies.reductions.spellings import SPELLED, manners, suits

V2, V1 = load("reference"), load("reference-v1")
BODY = (
    b'{"url": "http://h:1/b/a%20X/x.5%2f", "dtype": "float32", '
    b'"missing": {"valid_range": [-1.5, 1e-07]}, "n": [null, 3]}'
)
STYLES = ("names-escaped", "texts-escaped", "spaces", "exponents", "zeros", "members-reversed")
JSON_VALUES = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text()
HEAD = b"POST /v2/sum/ HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nAuthorization: Basic YTpi\r\n"
MESSAGE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


def read(message: bytes) -> HttpRequest:
    """The last request of a message, as the embedded server reads it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(message)
        ours.shutdown(socket.SHUT_WR)
        reader = RequestReader(theirs, HttpLimits())
        found = list(iter(reader.read, None))
    return found[-1]


def meaning(text: bytes) -> Any:
    """A JSON text's value with exact numbers; its URL without escapes, and with its scheme in lower case."""
    from urllib.parse import unquote

    value = json.loads(text, parse_float=Decimal)
    scheme, _, rest = value["url"].partition("://")
    return {**value, "url": f"{scheme.lower()}://{unquote(rest)}"}


def test_every_spelling_has_a_name_in_cases() -> None:
    assert {PLAINLY, *SPELLINGS} == set(get_args(Spelling))
    assert {style.plainer for style in SPELLINGS.values()} <= {PLAINLY, *SPELLINGS}
    assert len({style.says for style in SPELLINGS.values()}) == len(SPELLINGS)


@pytest.mark.parametrize("manner", [one for one in SPELLED if one != "unescaped"])
def test_a_spelling_changes_the_message_and_not_what_it_says(manner: str) -> None:
    wire = spelled(MESSAGE, manner)
    assert wire.pieces != (MESSAGE,)
    found = read(b"".join(wire.pieces))
    assert found.method == "POST"
    assert found.target.rstrip("/") == "/v2/sum"
    assert meaning(found.body) == meaning(BODY)
    assert found.headers["authorization"].lower() == "basic ytpi"
    assert found.headers["content-type"].partition(";")[0].lower() == "application/json"


def test_letters_beyond_ascii_are_written_as_they_are() -> None:
    body = json.dumps({"object": "é🌍"}).encode()
    message = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    found = read(spelled(message, "unescaped").pieces[0])
    assert "é🌍".encode() in found.body
    assert json.loads(found.body) == json.loads(body)


@given(
    st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text())
)
@settings(deadline=None)
@pytest.mark.parametrize(
    "manner", ["names-escaped", "texts-escaped", "spaces", "exponents", "zeros", "members-reversed"]
)
def test_json_says_the_same_in_every_style(manner: str, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    message = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    found = read(spelled(message, manner).pieces[0])
    assert json.loads(found.body, parse_float=Decimal) == json.loads(body, parse_float=Decimal)


@pytest.mark.parametrize("body", [b"", b"not json", b'{"a": NaN}', b"\xff"])
def test_what_is_not_json_is_left_as_it_is(body: bytes) -> None:
    message = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert spelled(message, "names-escaped").pieces == (message,)


@pytest.mark.parametrize("profile", [V2, V1], ids=["v2", "v1"])
@given(st.data())
@settings(deadline=None)
def test_the_model_expects_the_same_in_every_spelling(profile: Profile, data: st.DataObject) -> None:
    case = data.draw(cases.spellings(profile).strategy)
    plain = replace(case, steps=tuple(_plain(step) for step in case.steps))
    for one, other in zip(expectations(case, profile, StoreFacts()), expectations(plain, profile, StoreFacts())):
        assert one is None or other is None or (one.rejection, one.why) == (other.rejection, other.why)
    asked = [step for step in case.steps if isinstance(step, Send)]
    assert all(step.spelled in manners(profile) and suits(step, step.spelled) for step in asked)


def _plain(step: Any) -> Any:
    return replace(step, spelled=PLAINLY) if isinstance(step, Send) else step


@pytest.mark.parametrize("manner", SPELLINGS)
def test_a_spelling_is_a_trait_that_can_be_dropped(manner: Spelling) -> None:
    send = cases.Fields({"dtype": "int32"})
    case = Case("spelling", (Put("a", bytes(8)), Send("sum", send, "a", spelled=manner)))
    trial = trial_of(case, Reading(V2))
    assert trial.scene is not None
    assert case_of(trial.scene, "spelling") == case
    plainer = next(found for one in traits(trial) if one.name == SPELLINGS[manner].says and (found := one.drop(trial)))
    assert isinstance(plainer.last, Send)
    assert plainer.last.spelled == SPELLINGS[manner].plainer
    assert scene_of(plainer.case, V2) is not None


def test_a_spelling_is_kept_in_a_finding_and_left_out_where_it_is_plain() -> None:
    converter = case_files._converter("reductions")
    send = Send("sum", cases.Fields({"dtype": "int32"}), "a")
    for step in (send, replace(send, spelled="chunks")):
        told = converter.unstructure(Case("x", (step,)))
        assert ("spelled" in told["steps"][0]) == (step.spelled != PLAINLY)
        assert converter.structure(told, Case) == Case("x", (step,))


@pytest.mark.parametrize("manner", [PLAINLY, "chunks"])
def test_a_script_holds_the_spellings_where_it_needs_them(manner: str) -> None:
    step = {} if manner == PLAINLY else {"spelled": manner}
    text = long_script({"title": "x", "steps": [step]})
    compile(text, "repro.py", "exec")
    assert ("def _chunked" in text) == (manner != PLAINLY)
    assert "from specs" not in text


@pytest.mark.parametrize(
    ("said", "goes"), [(b"HTTP/1.1 100 Continue\r\n\r\n", True), (b"HTTP/1.1 417 Expectation Failed\r\n\r\n", False)]
)
def test_a_body_is_sent_after_a_go_ahead_and_not_after_an_answer(said: bytes, goes: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        assert finished(Connection(ours, lambda: 5.0).goes_ahead()) is goes


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
        (b"HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", None),
        (b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", None),
    ],
)
def test_of_two_requests_sent_at_once_the_second_answer_is_read_if_there_can_be_one(
    said: bytes, status: int | None
) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(said)
        found = finished(read_second_answer(Connection(ours, lambda: 5.0), "POST", AnswerLimits()))
    came = None if found is None else found.outcome
    assert (came.status if isinstance(came, Reply) else None) == status


@pytest.mark.parametrize("manner", [PLAINLY, *SPELLINGS])
@pytest.mark.parametrize("number", [0.1, -3.0, 1e300, 7])
def test_a_number_is_the_same_number_in_each_spelling(manner: str, number: float) -> None:
    assert float(written(number, manner)) == number
