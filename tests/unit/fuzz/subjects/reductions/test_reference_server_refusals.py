"""The reference server refuses what API.md calls an error, names the field, and always answers."""

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from tests.unit.reference_asking import OWNER, Asker, asking, basic

DATA = np.array([[1, 2, 3], [4, 5, 6]], np.int32)


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


REFUSED_FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("dtype", {"dtype": "int16"}),
    ("dtype", {"dtype": None}),
    ("dtype", {"dtype": ["int32"]}),
    ("interface_type", {"interface_type": "ftp"}),
    ("interface_type", {"interface_type": []}),
    ("byte_order", {"byte_order": "middle"}),
    ("byte_order", {"byte_order": {}}),
    ("offset", {"offset": -1}),
    ("offset", {"offset": 1.0}),
    ("offset", {"offset": "0"}),
    ("offset", {"offset": True}),
    ("offset", {"offset": 2**63}),
    ("size", {"size": 0}),
    ("size", {"size": 10**300}),
    ("size", {"size": 2**63 - 1, "offset": 1}),
    ("size", {"size": 2**40, "compression": {"id": "gzip"}}),
    ("size", {"size": 20, "shape": [2, 3]}),
    ("size", {"size": 23}),
    ("shape", {"shape": []}),
    ("shape", {"shape": 6}),
    ("shape[1]", {"shape": [6, 0]}),
    ("shape[0]", {"shape": [-6]}),
    ("shape[0]", {"shape": [6.0]}),
    ("shape[1]", {"shape": [6, True]}),
    ("shape", {"shape": [2**62, 2**62, 2**62]}),
    ("shape", {"shape": [7]}),
    ("shape", {"shape": [5]}),
    ("shape", {"shape": [1] * 50_000}),
    ("axis", {"axis": 0}),
    ("axis", {"axis": -1, "shape": [2, 3]}),
    ("axis", {"axis": 2, "shape": [2, 3]}),
    ("axis", {"axis": [0, 2], "shape": [2, 3]}),
    ("axis[1]", {"axis": [1, 0], "shape": [2, 3]}),
    ("axis[1]", {"axis": [1, 1], "shape": [2, 3]}),
    ("axis[0]", {"axis": [None], "shape": [2, 3]}),
    ("axis", {"axis": "0", "shape": [2, 3]}),
    ("axis", {"axis": list(range(50_000)), "shape": [2, 3]}),
    ("order", {"order": "A"}),
    ("selection", {"selection": [[0, 1, 1]]}),
    ("selection", {"selection": [], "shape": [6]}),
    ("selection", {"selection": [[0, 1, 1]] * 2, "shape": [6]}),
    ("selection[0]", {"selection": [[0, 1]], "shape": [6]}),
    ("selection[0]", {"selection": [[0, 1, 0]], "shape": [6]}),
    ("selection[0]", {"selection": [[0, 1, 1.5]], "shape": [6]}),
    ("selection[0]", {"selection": [[None, 1, 1]], "shape": [6]}),
    ("selection[0]", {"selection": [0], "shape": [6]}),
    ("compression", {"compression": "gzip"}),
    ("compression.id", {"compression": {}}),
    ("compression.id", {"compression": {"id": None}}),
    ("compression.id", {"compression": {"id": "lz4"}}),
    ("compression.level", {"compression": {"id": "gzip", "level": 9}}),
    ("filters", {"filters": {"id": "shuffle", "element_size": 4}}),
    ("filters[0]", {"filters": ["shuffle"]}),
    ("filters[0].element_size", {"filters": [{"id": "shuffle"}]}),
    ("filters[0].element_size", {"filters": [{"id": "shuffle", "element_size": 0}]}),
    ("filters[1].id", {"filters": [{"id": "shuffle", "element_size": 4}, {"id": "x", "element_size": 4}]}),
    ("filters[0].x", {"filters": [{"id": "shuffle", "element_size": 4, "x": None}]}),
    ("filters", {"filters": [{"id": "shuffle", "element_size": 4}] * 10_000}),
    ("missing", {"missing": 3}),
    ("missing", {"missing": {}}),
    ("missing", {"missing": {"valid_min": 1, "valid_max": 3}}),
    ("missing.missing_value", {"missing": {"missing_value": None}}),
    ("missing.missing_value", {"missing": {"missing_value": 1.0}}),
    ("missing.missing_value", {"missing": {"missing_value": 2**31}}),
    ("missing.missing_value", {"missing": {"missing_value": True}}),
    ("missing.missing_values", {"missing": {"missing_values": 1}}),
    ("missing.missing_values[1]", {"missing": {"missing_values": [1, "2"]}}),
    ("missing.valid_min", {"missing": {"valid_min": -(2**31) - 1}}),
    ("missing.valid_range", {"missing": {"valid_range": [1, 2, 3]}}),
    ("missing.valid_range", {"missing": {"valid_range": [2, 2]}}),
    ("missing.valid_range", {"missing": {"valid_range": [3, 2]}}),
    ("missing.max", {"missing": {"max": 3}}),
    ("option_shape_as_bytes", {"option_shape_as_bytes": 1}),
    ("option_count_as_bytes", {"option_count_as_bytes": "true"}),
    ("option_disable_chunk_cache", {"option_disable_chunk_cache": 0}),
    ("url", {"url": 5}),
    ("url", {"url": ""}),
    ("url", {"url": "private/object"}),
    ("url", {"url": "s3://private/object"}),
    ("url", {"url": "http://store/bucket"}),
    ("url", {"url": "http://store/bucket/"}),
    ("url", {"url": "http:///bucket/key"}),
    ("url", {"url": "http://store:99999/bucket/key"}),
    ("url", {"url": "http://store:port/bucket/key"}),
    ("url", {"url": "http://[::1/bucket/key"}),
    ("url", {"url": "http://me:secret@store/bucket/key"}),
    ("url", {"url": "http://store/bucket/key#part"}),
    ("url", {"url": "http://store/bucket/key?versionId=1"}),
    ("url", {"url": "http://store/bucket/k\r\nx: y"}),
    ("url", {"url": "http://store/bucket/\ud800"}),
    ("url", {"url": "http://store/bucket/" + "k" * 100_000}),
    ("url", {"interface_type": "https"}),
    ("nonsense", {"nonsense": None}),
    ("bucket", {"bucket": "private"}),
]


@pytest.mark.parametrize(("name", "fields"), REFUSED_FIELDS)
def test_a_bad_field_is_refused_by_its_name(asker: Asker, name: str, fields: dict[str, Any]) -> None:
    started = time.process_time()
    message = asker.refusal("sum", DATA, **fields)
    assert message.startswith(f"{name}:"), message
    assert len(message) < 1000
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", ["interface_type", "url", "dtype"])
def test_a_required_field_that_is_left_out_is_named(asker: Asker, name: str) -> None:
    fields = asker.fields(DATA)
    del fields[name]
    assert asker.refusal_of(asker.send("sum", fields)).startswith(f"{name}: is missing")


@pytest.mark.parametrize(
    "fields", [{"source": "store"}, {"source": "http://u@h"}, {"bucket": ""}, {"object": 1}, {"object": "\udfff"}]
)
def test_v1_places_are_checked(asker: Asker, fields: dict[str, object]) -> None:
    place = {"source": asker.store.url, "bucket": "private", "object": "key", "dtype": "int32"}
    (name,) = fields
    assert asker.refusal_of(asker.send("sum", {**place, **fields}, version=1)).startswith(f"{name}:")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"dtype": "int32", "dtype": "int32"}',
        b'{"missing": {"missing_value": NaN}}',
        b'{"missing": {"missing_value": -Infinity}}',
        b"{} {}",
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"shape": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"offset": ' + b"9" * 100_000 + b"}",
        b'{"offset": 1e' + b"9" * 30 + b"}",
        b'{"\\ud800": 1}',
        b'{"a\x00": 1}',
    ],
)
def test_a_body_that_is_no_request_is_refused(asker: Asker, body: bytes) -> None:
    asker.refusal_of(asker.send("sum", body))


def test_an_absurd_exponent_is_refused_by_its_field(asker: Asker) -> None:
    text = json.dumps(asker.fields(DATA, size="SIZE", missing={"missing_value": 1})).encode()
    for number in (b"1e99999999999999999999", b"-1e99999999999999999999", b"1e-99999999999999999999"):
        assert "size" in asker.refusal_of(asker.send("sum", text.replace(b'"SIZE"', number)))


def test_content_types_are_told_apart(asker: Asker) -> None:
    fields = asker.fields(DATA)
    assert asker.send("sum", fields, content_type="Application/JSON; charset=utf-8").status == 200
    assert "Content-Type" in asker.refusal_of(asker.send("sum", fields, content_type=""))
    for wrong in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json"):
        assert "Content-Type" in asker.refusal_of(asker.send("sum", fields, content_type=wrong), 415)
    asker.refusal_of(asker.send("sum", fields, content_encoding="gzip"), 415)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/sum", 400),
        ("POST", "/v1/sum/", 400),
        ("POST", "/v2/sum/?x=1", 400),
        ("GET", "/v2/sum/", 405),
        ("HEAD", "/v1/max", 405),
        ("POST", "/v2/mean/", 404),
        ("POST", "/v2/", 404),
        ("POST", "/v3/sum/", 404),
        ("POST", "/v2/sum/sum/", 404),
        ("POST", "/v2//sum/", 404),
        ("POST", "/v2/SUM/", 404),
        ("GET", "/", 404),
        ("OPTIONS", "*", 404),
    ],
)
def test_paths_and_methods_are_told_apart(asker: Asker, method: str, path: str, status: int) -> None:
    answer = asker.server.handle(HttpRequest(method, path, {"content-type": "application/json"}, b"{}"))
    assert isinstance(answer, HttpResponse)
    asker.refusal_of(answer, status)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic a2V5", "Bearer a2V5OnNlY3JldA==", "", "Basic Og==", "Basic é"]
)
def test_authorization_that_is_not_basic_is_refused(asker: Asker, header: str) -> None:
    headers = {"content-type": "application/json", "authorization": header}
    body = json.dumps(asker.fields(DATA)).encode()
    answer = asker.server.handle(HttpRequest("POST", "/v2/sum/", headers, body))
    assert isinstance(answer, HttpResponse)
    assert "Authorization" in asker.refusal_of(answer, 401)


@pytest.mark.parametrize("access_key", ["a\r\nx: y", "a,b", "a/b", "a b", "é"])
def test_an_access_key_cannot_forge_headers(asker: Asker, access_key: str) -> None:
    asker.refusal_of(asker.send("sum", asker.fields(DATA), authorization=basic(access_key, "s")), 401)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = "interface_type url dtype byte_order offset size shape axis order selection compression filters missing"
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)


def answers_as_it_should(answer: object) -> None:
    """An answer that is no success is a JSON error with a status of 4xx."""
    assert isinstance(answer, HttpResponse)
    if answer.status != 200:
        assert 400 <= answer.status < 500
        assert isinstance(json.loads(answer.body)["error"]["message"], str)


@given(fields=st.dictionaries(st.sampled_from(FIELDS.split()), JSON), operation=st.sampled_from(["sum", "select"]))
@settings(max_examples=2 * settings.default.max_examples)
def test_any_json_in_any_field_is_answered(asker: Asker, fields: dict[str, object], operation: str) -> None:
    body = {**asker.fields(DATA), **fields}
    answers_as_it_should(asker.send(operation, json.dumps(body).encode()))


@given(
    method=st.sampled_from(["POST", "GET", "X"]),
    path=st.sampled_from(["/v2/sum/", "/v1/max"]) | st.text(st.characters(max_codepoint=255)),
    headers=st.dictionaries(
        TOKENS | st.sampled_from(["authorization", "content-type"]),
        st.text(st.characters(max_codepoint=255)) | st.just("application/json"),
    ),
    body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
)
@example("POST", "/v2/sum/", {"content-type": "application/json"}, b"\xed\xa0\x80")
@settings(max_examples=3 * settings.default.max_examples)
def test_any_request_is_answered(asker: Asker, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    answers_as_it_should(asker.server.handle(HttpRequest(method, path, headers, body)))


@given(pair=st.binary(), body=st.just(b"{}"))
def test_any_credentials_are_answered(asker: Asker, pair: bytes, body: bytes) -> None:
    del body
    text = pair.decode("latin-1")
    header = basic(text, OWNER[1])
    answers_as_it_should(asker.send("sum", asker.fields(DATA), authorization=header))
