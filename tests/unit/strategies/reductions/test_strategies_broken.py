"""What is broken on purpose is broken as named, and nothing exceeds its limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from specs.case import Case
from specs.fields import Fields
from specs.reductions import validity
from specs.reductions.bodies import read_send
from specs.reductions.decoding import Undecodable, decode
from specs.reductions.model import expectations
from specs.reductions.profile import Profile, load
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.store_facts import StoreFacts
from strategies.drawing import Choice
from strategies.reductions import abuses, cases
from strategies.reductions.broken_data import BROKEN_DATA
from strategies.reductions.contradictions import CONTRADICTIONS
from strategies.reductions.malformed import step_of
from strategies.reductions.raw_requests import RAW

REFERENCE = load("reference")
V1 = load("reference-v1")
# Those that need no data to be told.
IN_THE_REQUEST_ALONE = tuple(CONTRADICTIONS)[: tuple(CONTRADICTIONS).index("element_size does not divide")]
UNDECODABLE = ("another codec", "no stream", "truncated stream", "corrupted stream", "untrue blosc2 header")


def drawn(choice: Choice[Case], count: int) -> list[Case]:
    found: list[Case] = []

    @settings(max_examples=count, database=None, derandomize=True, deadline=None)
    @given(choice.strategy)
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


def asked(case: Case) -> list[Send | SendRaw]:
    return [step for step in case.steps if isinstance(step, Send | SendRaw)]


def reading(send: Send, profile: Profile) -> validity.ReadRequest:
    return read_send(send, profile)


@pytest.mark.parametrize("profile", [REFERENCE, V1], ids=lambda profile: profile.name)
@pytest.mark.parametrize("kind", IN_THE_REQUEST_ALONE)
def test_a_contradiction_of_the_request_alone_is_a_fault(kind: str, profile: Profile) -> None:
    for case in drawn(cases.contradictions(profile, kinds=(kind,)), 15):
        for send in asked(case):
            assert isinstance(send, Send)
            assert reading(send, profile).faults, (kind, send)


@pytest.mark.parametrize("kind", sorted(set(CONTRADICTIONS) - set(IN_THE_REQUEST_ALONE)))
def test_a_contradiction_of_the_data_is_no_fault_of_the_request(kind: str) -> None:
    for case in drawn(cases.contradictions(REFERENCE, kinds=(kind,)), 15):
        for send, due in zip(asked(case), (one for one in expectations(case, REFERENCE, StoreFacts()) if one)):
            assert isinstance(send, Send)
            assert not reading(send, REFERENCE).faults
            assert due.rejection is not None, (kind, send)


@pytest.mark.parametrize("kind", UNDECODABLE)
def test_broken_streams_cannot_be_decoded(kind: str) -> None:
    for case in drawn(cases.contradictions(REFERENCE, kinds=(kind,)), 25):
        held = {step.key: step.data for step in case.steps if isinstance(step, Put)}
        for send in asked(case):
            assert isinstance(send, Send)
            request = reading(send, REFERENCE).request
            assert request is not None
            with pytest.raises(Undecodable):
                decode(request, held[send.key])


@pytest.mark.parametrize("kind", [*CONTRADICTIONS, *BROKEN_DATA])
def test_every_kind_of_contradiction_can_be_drawn(kind: str) -> None:
    assert any(kind in case.notes for case in drawn(cases.contradictions(REFERENCE, kinds=(kind,)), 40))


NOTED: dict[str, Callable[[Profile], Choice[Case]]] = {
    "contradictions": cases.contradictions,
    "abuses": cases.abuses,
    "raw": cases.raw,
    "malformed": cases.malformed,
}


@pytest.mark.parametrize("name", NOTED)
def test_the_notes_name_every_request_in_turn(name: str) -> None:
    for case in drawn(NOTED[name](REFERENCE), 15):
        assert len(case.notes) == len(asked(case))


def test_abuses_keep_their_limits() -> None:
    kinds: Counter[str] = Counter()
    for case in drawn(cases.abuses(REFERENCE), 60):
        kinds.update(case.notes)
        for step in case.steps:
            if isinstance(step, Put):
                assert len(step.data) <= 2 * abuses.MOST_COMPRESSED_BYTES
            elif isinstance(step, Send):
                assert len(step.fields.text) <= 150_000
    assert len(kinds) > len(abuses.ABUSES) // 2


@pytest.mark.parametrize("codec", ["gzip", "zlib", "blosc2"])
def test_a_bomb_is_small_and_inflates_far(codec: str) -> None:
    data = abuses.bomb(codec, 2**22)
    assert len(data) <= abuses.MOST_COMPRESSED_BYTES
    request = validity.read_request(
        "count", {"interface_type": "s3", "url": "u", "dtype": "int32", "compression": {"id": codec}}, REFERENCE
    ).request
    assert request is not None
    assert decode(request, data).array.nbytes > 50 * len(data)


def test_every_kind_of_raw_request_can_be_drawn() -> None:
    for kind in RAW:
        assert all(isinstance(one, SendRaw) for case in drawn(cases.raw(V1, kinds=(kind,)), 3) for one in asked(case))


def test_the_usual_raw_request_is_a_valid_one() -> None:
    for profile in (REFERENCE, V1):
        for case in drawn(cases.raw(profile, kinds=("usual",)), 10):
            for due in expectations(case, profile, StoreFacts()):
                assert due is None or (due.answers and due.rejection is None)


BODY = {"interface_type": "s3", "url": "{url}", "dtype": "int32"}


def test_a_body_that_json_says_again_is_sent_as_fields() -> None:
    send = Send("sum", Fields(), "a")
    step = step_of(send, json.dumps({**BODY, "size": -1, "offset": 1.5}), REFERENCE)
    assert isinstance(step, Send)
    assert dict(step.fields) == {"dtype": "int32", "size": -1, "offset": 1.5}
    assert step.without == ()


def test_a_locating_field_left_out_is_left_out() -> None:
    send = Send("sum", Fields(), "a")
    step = step_of(send, json.dumps({"url": "{url}", "interface_type": 7}), REFERENCE)
    assert isinstance(step, Send)
    assert dict(step.fields) == {"interface_type": 7}
    assert step_of(send, json.dumps({"dtype": "int32"}), REFERENCE).without == ("interface_type", "url")  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"size": 1e400}', '{"size": 1.50}', "[]", "{", '{"a": NaN}'])
def test_a_body_that_json_would_change_is_sent_raw(text: str) -> None:
    step = step_of(Send("sum", Fields(), "a"), text, REFERENCE)
    assert isinstance(step, SendRaw)
    assert step.body == text.encode()


def test_a_malformed_request_is_refused_or_left_open_but_for_a_few_that_are_whole_after_all() -> None:
    told = [
        due for case in drawn(cases.malformed(REFERENCE), 60) for due in expectations(case, REFERENCE, StoreFacts())
    ]
    asked = [due for due in told if due is not None]
    whole = [due for due in asked if due.rejection is None and not due.unspecified]
    assert len(whole) <= len(asked) / 20


def test_histories_overwrite_delete_and_ask_again() -> None:
    steps = [case.steps for case in drawn(cases.histories(REFERENCE), 60)]
    assert any(isinstance(step, Delete) for some in steps for step in some)
    assert any(len({step.key for step in some if isinstance(step, Put)}) > 1 for some in steps)
    puts = [[(step.key, step.data) for step in some if isinstance(step, Put)] for some in steps]
    assert any(len({key for key, _ in some}) < len(set(some)) for some in puts)
    for case in drawn(cases.histories(REFERENCE), 30):
        for send in asked(case):
            assert isinstance(send, Send)
            assert not reading(send, REFERENCE).faults


def test_credentials_change_and_nothing_else_but_the_operation() -> None:
    askers: Counter[str | None] = Counter()
    for case in drawn(cases.credentials(REFERENCE), 60):
        sends = asked(case)
        askers.update(send.credentials for send in sends)
        assert len({(send.fields, send.key, send.interface) for send in sends if isinstance(send, Send)}) == 1
    assert set(askers) == {"owner", None, "wrong-secret", "unknown", "stranger"}
