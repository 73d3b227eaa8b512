"""The model: who may read what, what histories leave, and what raw bytes may come to."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from specs.case import Case
from specs.fields import Fields
from specs.reductions.expectation import Expectation
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.refusals import CLIENT_ERRORS, statuses_of
from specs.reductions.rules import Rule
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.store_facts import StoreFacts
from strategies.reductions.cases import histories, reductions
from tests.unit.truthful import V1, V2

QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
ONE, TWO = (1).to_bytes(4, "little"), (2).to_bytes(4, "little")
INT32 = Fields({"dtype": "int32"})
CACHED = replace(V2, chunk_cache=True)
BODY = json.dumps({"interface_type": "s3", "url": "{url}", "dtype": "int32"}).encode()
HEADERS = (("Content-Type", "application/json"),)


def due(*steps: Step, profile: Profile = V2, store: StoreFacts | None = None) -> Expectation:
    """What the last step must be answered with."""
    last = expectations(Case("", steps), profile, store or StoreFacts())[-1]
    assert last is not None
    return last


def kind(expected: Expectation) -> str:
    """One word for what may come: values, either, refused or open."""
    if expected.unspecified:
        return "open"
    if expected.answers:
        return "either" if expected.rejection else "values"
    return "refused"


def totals(expected: Expectation) -> list[int]:
    return [int(answer.values[0]) for answer in expected.answers]


def asked(**changes: Any) -> Send:
    return replace(Send("sum", INT32, "a"), **changes)


# Access.

NOBODY, STRANGER = None, "stranger"


@pytest.mark.parametrize(
    ("bucket", "interface", "credentials", "wanted"),
    [
        ("private", "s3", "owner", "values"),
        ("private", "s3", NOBODY, "refused"),
        ("private", "s3", STRANGER, "refused"),
        ("private", "s3", "unknown", "refused"),
        ("private", "s3", "wrong-secret", "refused"),
        ("public", "s3", "owner", "values"),
        ("public", "s3", NOBODY, "values"),
        ("public", "s3", STRANGER, "values"),
        ("public", "s3", "unknown", "refused"),
        ("public", "s3", "wrong-secret", "refused"),
        ("public", "http", NOBODY, "values"),
        ("public", "http", "owner", "values"),
        ("public", "http", "wrong-secret", "either"),
        ("private", "http", NOBODY, "refused"),
        ("private", "http", STRANGER, "refused"),
    ],
)
def test_who_may_read_what(bucket, interface, credentials, wanted):
    expected = due(Put("a", ONE, bucket), asked(bucket=bucket, interface=interface, credentials=credentials))
    assert kind(expected) == wanted
    if wanted == "refused":
        assert expected.rejection.rules == {Rule.CREDENTIALS}
        assert statuses_of(expected.rejection.classes) == {401, 403, 404}


@pytest.mark.parametrize(
    ("store", "bucket", "credentials", "wanted"),
    [
        (StoreFacts(verifies_signatures=False), "private", "owner", "values"),
        (StoreFacts(verifies_signatures=False), "private", "wrong-secret", "open"),
        (StoreFacts(verifies_signatures=False), "public", NOBODY, "open"),
        (StoreFacts(anonymous_reads=False), "public", NOBODY, "open"),
        (StoreFacts(anonymous_reads=False), "private", NOBODY, "refused"),
    ],
)
def test_nothing_is_said_of_what_the_store_does_not_tell_apart(store, bucket, credentials, wanted):
    assert kind(due(Put("a", ONE, bucket), asked(bucket=bucket, credentials=credentials), store=store)) == wanted


@pytest.mark.parametrize(
    ("changes", "broken", "words"),
    [
        ({"key": "b"}, {Rule.NO_SUCH_OBJECT}, ("NoSuchKey",)),
        ({"bucket": "nowhere"}, {Rule.NO_SUCH_BUCKET}, ("NoSuchBucket",)),
        ({"key": "b", "credentials": STRANGER}, {Rule.CREDENTIALS, Rule.NOT_FOUND}, ()),
        ({"key": "b", "bucket": "public", "credentials": NOBODY}, {Rule.NOT_FOUND}, ()),
    ],
)
def test_what_is_not_there_is_refused(changes, broken, words):
    rejection = due(Put("a", ONE), asked(**changes)).rejection
    assert (rejection.rules, rejection.words) == (broken, words)
    assert statuses_of(rejection.classes) <= CLIENT_ERRORS


# Places.


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"url": "{url}?versionId=1"}, "open"),
        ({"interface_type": "http"}, "open"),
        ({"interface_type": "ftp"}, "refused"),
        ({"url": "not a url"}, "refused"),
        ({"url": "ftp://host/b/k"}, "refused"),
        ({"url": "http://[::1/b/k"}, "refused"),
        ({"url": "http://127.0.0.1:1/b/k"}, "refused"),
        ({"url": 4}, "refused"),
        ({"url": None}, "refused"),
    ],
)
def test_a_place_that_is_no_place_is_refused(fields, wanted):
    assert kind(due(Put("a", ONE), asked(fields=INT32.but(**fields)))) == wanted


def test_a_locator_may_be_left_out():
    rejection = due(Put("a", ONE), asked(without=("url",))).rejection
    assert (rejection.rules, rejection.words) == ({Rule.REQUIRED_FIELD_MISSING}, ("url",))


def test_version_1_is_located_by_its_parts():
    assert kind(due(Put("a", ONE), asked(), profile=V1)) == "values"
    assert kind(due(Put("a", ONE), asked(fields=INT32.but(object="{object}x")), profile=V1)) == "open"
    assert kind(due(Put("a", ONE), asked(fields=INT32.but(source="nowhere")), profile=V1)) == "refused"


# Histories.


def test_an_answer_is_about_the_newest_content():
    assert totals(due(Put("a", ONE), asked(), Put("a", TWO), asked())) == [2]
    assert totals(due(Put("a", ONE), Put("b", TWO), asked())) == [1]
    assert totals(due(Put("a", ONE, "public"), Put("a", TWO), asked())) == [2]


def test_what_is_deleted_is_gone_until_it_is_put_again():
    assert kind(due(Put("a", ONE), Delete("a"), asked())) == "refused"
    assert totals(due(Put("a", ONE), Delete("a"), Put("a", TWO), asked())) == [2]


def test_with_a_cache_any_content_that_it_had_will_do():
    steps = Put("a", ONE), Put("a", TWO), Put("a", ONE)
    assert totals(due(*steps, asked(), profile=CACHED)) == [1, 2]
    assert totals(due(*steps, asked(fields=INT32.but(option_disable_chunk_cache=True)), profile=CACHED)) == [1]
    assert kind(due(*steps, asked(), profile=replace(CACHED, rulings_off=("stale-reads",)))) == "open"


def test_with_a_cache_a_deleted_object_may_still_be_answered_about():
    expected = due(Put("a", ONE), Delete("a"), asked(), profile=CACHED)
    assert (kind(expected), totals(expected)) == ("either", [1])
    gone = due(Put("a", ONE), Delete("a"), asked(fields=INT32.but(option_disable_chunk_cache=True)), profile=CACHED)
    assert kind(gone) == "refused"


def test_steps_that_ask_nothing_are_due_nothing():
    assert expectations(Case("", (Put("a", ONE), Delete("a"))), V2, StoreFacts()) == (None, None)


@QUICK
@given(histories(V2).strategy)
def test_without_a_cache_each_step_is_judged_by_the_last_put_alone(case: Case) -> None:
    whole = expectations(case, V2, StoreFacts())
    for number, step in enumerate(case.steps):
        if isinstance(step, Send):
            last: dict[tuple[str, str], Step] = {
                (one.bucket, one.key): one for one in case.steps[:number] if isinstance(one, Put | Delete)
            }
            alone = due(*last.values(), step)
            assert kind(alone) == kind(whole[number])
            assert [one.values.tobytes() for one in alone.answers] == [
                one.values.tobytes() for one in whole[number].answers
            ]


# Claims.


@pytest.mark.parametrize(
    ("claims", "fields"),
    [
        ({"operations": ("count",)}, {}),
        ({"dtypes": ("int64",)}, {}),
        ({"byte_orders": ()}, {"byte_order": "little"}),
        ({"orders": ("C",)}, {"order": "F"}),
        ({"selections": False}, {"shape": [1], "selection": [[0, 1, 1]]}),
        ({"negative_strides": False}, {"shape": [1], "selection": [[0, -2, -1]]}),
        ({"axis_forms": ("list",)}, {"shape": [1], "axis": 0}),
        ({"axis_forms": ("integer",)}, {"shape": [1], "axis": [0]}),
        ({"axis_forms": ("integer", "list")}, {"shape": [1], "axis": []}),
        ({"filters": ()}, {"filters": [{"id": "shuffle", "element_size": 4}]}),
        ({"missing_kinds": ()}, {"missing": {"missing_value": 9}}),
        ({"options": ()}, {"option_count_as_bytes": True}),
        ({"interfaces": ("http",)}, {}),
    ],
)
def test_what_is_not_claimed_may_be_refused_but_not_answered_wrongly(claims, fields):
    send = asked(fields=INT32.but(**fields))
    assert kind(due(Put("a", ONE), send)) == "values"
    expected = due(Put("a", ONE), send, profile=replace(V2, **claims))
    assert (kind(expected), totals(expected)) == ("either", [1])
    assert Rule.NOT_CLAIMED in expected.rejection.rules


@QUICK
@given(reductions(V2, most_requests=6).strategy)
def test_what_is_drawn_for_a_profile_is_within_its_claims(case: Case) -> None:
    for expected in expectations(case, V2, StoreFacts()):
        assert expected is None or expected.rejection is None or Rule.NOT_CLAIMED not in expected.rejection.rules


# Faults.


def test_a_fault_is_refused_whatever_the_data():
    for steps in ((Put("a", ONE),), ()):
        rejection = due(*steps, asked(fields=INT32.but(size=3))).rejection
        assert Rule.SIZE_NO_MULTIPLE in rejection.rules
        assert {400, 422} <= statuses_of(rejection.classes)


def test_of_several_faults_any_may_be_told():
    rejection = due(Put("a", ONE), asked(operation="mean", fields=INT32.but(offset=-1, order="X"))).rejection
    assert statuses_of(rejection.classes) == {400, 404, 422}
    assert rejection.words == ()
    both = due(Put("a", ONE), asked(fields=INT32.but(offset=-1, order="X"))).rejection
    assert set(both.words) == {"offset", "order"}


# Raw bytes.


def raw(body: bytes = BODY, headers: tuple[tuple[str, str], ...] = HEADERS, **changes: Any) -> Expectation:
    return due(Put("a", ONE), replace(SendRaw("POST", "/v2/sum/", headers, body), **changes))


@pytest.mark.parametrize("path", ["/v2/sum/", "/v2/sum"])
def test_raw_bytes_that_are_a_request_are_one(path):
    assert totals(raw(path=path)) == [1]
    assert kind(raw(path=path)) == "values"


@pytest.mark.parametrize(
    ("changes", "broken", "statuses"),
    [
        ({"body": b""}, {Rule.NOT_JSON}, {400, 422}),
        ({"body": BODY[:-1]}, {Rule.NOT_JSON}, {400, 422}),
        ({"body": b"[1]"}, {Rule.NOT_JSON}, {400, 422}),
        ({"body": b"NaN"}, {Rule.NOT_JSON}, {400, 422}),
        ({"body": BODY.decode().encode("utf-16")}, {Rule.NOT_JSON}, {400, 422}),
        ({"body": b"[" * 100_001}, {Rule.NOT_JSON}, {400, 408, 413, 414, 422, 431}),
        ({"path": "/v2/mean/"}, {Rule.UNKNOWN_PATH}, {404, 405}),
        ({"path": "/"}, {Rule.UNKNOWN_PATH}, {404, 405}),
        ({"method": "GET"}, {Rule.WRONG_METHOD}, {405}),
        ({"method": "BREW"}, {Rule.ODD_METHOD}, {400, 404, 405, 501}),
        ({"method": "GET", "path": "/v2/mean/"}, {Rule.UNKNOWN_PATH, Rule.WRONG_METHOD}, {404, 405}),
    ],
)
def test_what_is_no_request_is_refused(changes, broken, statuses):
    rejection = raw(**changes).rejection
    assert broken <= rejection.rules
    assert statuses_of(rejection.classes) == statuses


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/v2//sum/"},
        {"path": "/V2/SUM/"},
        {"path": "/v2/sum/?x=1"},
        {"path": "/v2/s%75m/"},
        {"method": "OPTIONS"},
        {"method": "GET", "path": "/health"},
        {"headers": (*HEADERS, ("Transfer-Encoding", "chunked"))},
        {"headers": (*HEADERS, ("X y", "1"))},
        {"headers": (*HEADERS, ("X", "a\x01"))},
        {"body": b"\xef\xbb\xbf" + BODY},
        {"body": BODY[:-1] + b', "dtype": "int32"}'},
    ],
)
def test_what_servers_may_read_either_way_is_open(changes):
    assert kind(raw(**changes)) == "open"


@pytest.mark.parametrize("headers", [(), (("content-type", "text/plain"),), HEADERS * 2])
def test_without_the_content_type_the_body_may_be_refused_or_read(headers):
    expected = raw(headers=headers)
    assert (kind(expected), totals(expected)) == ("either", [1])
    assert statuses_of(expected.rejection.classes) == {400, 415, 422}


def test_what_is_very_large_may_be_refused():
    assert kind(raw(body=BODY + b" " * 200_000)) == "either"
    assert kind(raw(headers=(*HEADERS, ("X", "x" * 5000)))) == "either"
    assert kind(raw(headers=(*HEADERS, *((f"X{n}", "x") for n in range(60))))) == "either"


def basic(text: str, scheme: str = "Basic") -> tuple[tuple[str, str], ...]:
    return (*HEADERS, ("Authorization", f"{scheme} {base64.b64encode(text.encode()).decode()}"))


FOREIGN = [(*HEADERS, ("Authorization", value)) for value in ("Bearer x", "Basic !!!", "Basic", "", "Digest a=b")]


@pytest.mark.parametrize("headers", [*FOREIGN, basic("no colon")])
def test_a_foreign_authorization_is_refused_and_is_nobodys(headers):
    steps = Put("a", ONE, "public"), SendRaw("POST", "/v2/sum/", headers, BODY, "a", "public")
    assert due(*steps).rejection.rules == {Rule.FOREIGN_AUTHORIZATION}
    assert statuses_of(due(*steps).rejection.classes) == {400, 401, 403}
    assert raw(headers=headers).rejection.rules == {Rule.FOREIGN_AUTHORIZATION, Rule.CREDENTIALS}
    untyped = replace(steps[1], headers=headers[1:])
    assert due(steps[0], untyped).rejection.rules == {Rule.FOREIGN_AUTHORIZATION}


def test_credentials_in_a_header_are_unknown_ones():
    assert raw(headers=basic("mallory:guess")).rejection.rules == {Rule.CREDENTIALS}
    assert kind(raw(headers=basic(":"))) == "open"
    assert raw(headers=basic("mallory:guess", "basic")).rejection.rules == {Rule.CREDENTIALS}


@pytest.mark.parametrize(
    "told",
    ["application/json; charset=utf-8", "Application/JSON", 'application/json;Charset="UTF-8"', "application/json "],
)
def test_a_content_type_of_json_may_name_its_charset_in_any_case(told):
    assert raw(headers=(("Content-Type", told),)).rejection is None


@pytest.mark.parametrize("told", ["application/json; charset=utf-16", "application/jsonx", "text/json", "", ";"])
def test_another_content_type_may_be_refused(told):
    due = raw(headers=(("Content-Type", told),))
    assert totals(due) == [1]
    assert due.rejection.rules == {Rule.CONTENT_TYPE}
    assert kind(raw(headers=(*FOREIGN[0], *FOREIGN[1]))) == "open"


def test_a_raw_request_by_nobody_is_denied():
    assert raw(credentials=None).rejection.rules == {Rule.CREDENTIALS}


@pytest.mark.parametrize("interface", ["http", "https"])
def test_a_raw_request_that_contradicts_its_url_is_nobodys_business(interface):
    body = {"interface_type": interface, "url": "{url}", "dtype": "int32", "shape": [1], "axis": 1}
    due = raw(body=json.dumps(body).encode())
    assert "interface_type at odds with the URL" in due.why
    # An S3 client that meets a plain web server cannot know whose fault that is.
    assert due.of_the_store


def test_a_fault_inside_a_raw_request_is_one():
    body = json.dumps({"interface_type": "s3", "url": "{url}", "dtype": "int8"}).encode()
    assert raw(body=body).rejection.words == ("dtype",)
    assert raw(body=json.dumps({"dtype": "int32"}).encode()).rejection.words == ("interface_type", "url")
