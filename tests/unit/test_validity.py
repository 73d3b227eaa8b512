"""Which requests must be refused: each rule by an example, and agreement with two other readings of the API."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from truthful import V1, V2

from fuzz.embedded.reference_server import ReferenceServer, ServerLimits
from fuzz.embedded.reference_server.refusal import Refusal
from specs import json_text, profile, validity
from specs.case import Case, Send
from specs.model import full_body
from specs.proof import refused, schema_faults
from specs.request import OPERATIONS, OPTIONS, Filter, Missing, Request
from specs.schemas import load
from specs.schemas.places import example, inlined
from specs.validity import Reading
from strategies.cases import contradictions, reductions
from strategies.mutations import every_mutation

QUICK = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
UNLIMITED = ServerLimits(stored_bytes=2**70, decoded_bytes=2**70, rank=10**6, filters=10**6)
LOCATED = {"interface_type": "s3", "url": "{url}"}
SHAPED = {"shape": [2, 3, 4]}
BIG = 10**400
LOCATORS = ("interface_type", "url", "source", "bucket", "object")
# What a schema cannot say: rules about several fields at once, or about a number and its dtype.
CROSS_FIELD = {
    "selection without shape", "selection and shape differ in length", "axis without shape", "axis out of range",
    "axis repeated", "axes unsorted", "size is no multiple of the item size", "size against shape",
    "missing value not of the dtype", "missing value not representable", "valid_range not ascending",
}  # fmt: skip


def read(operation: str = "sum", **fields: Any) -> Reading:
    return validity.read(operation, {**LOCATED, "dtype": "int32", **fields}, V2)


def rules(reading: Reading) -> set[str]:
    return {fault.rule for fault in reading.faults}


def test_a_minimal_request_has_every_default():
    assert read().request == Request("sum", "int32", "little")
    assert validity.read(
        "sum", {**LOCATED, "dtype": "int32"}, profile.Profile("x", native_byte_order="big")
    ).request == (Request("sum", "int32", "big"))


def test_a_request_with_every_field_is_read():
    reading = read(
        "min",
        dtype="float32", byte_order="big", offset=3, size=96, shape=[2, 3, 4], axis=[0, 2], order="F",
        selection=[[0, 2, 1], [-1, -9, -2], [5, 0, 3]], compression=None,
        filters=[{"id": "shuffle", "element_size": 4}, {"id": "shuffle_simd", "element_size": 2}],
        missing={"valid_range": [-1, 2.5]},
        **dict.fromkeys(OPTIONS, True),
    )  # fmt: skip
    assert (reading.faults, reading.doubts) == ((), ())
    assert reading.request == Request(
        "min", "float32", "big", 3, 96, (2, 3, 4), (0, 2), "F", ((0, 2, 1), (-1, -9, -2), (5, 0, 3)), None,
        (Filter("shuffle", 4), Filter("shuffle_simd", 2)), Missing("valid_range", (-1, 2.5)), True, True, True,
    )  # fmt: skip


def test_null_is_the_same_as_leaving_out():
    names = ("byte_order", "offset", "size", "shape", "axis", "order", "selection", "compression", "filters", "missing")
    assert read(**dict.fromkeys((*names, *OPTIONS))) == read()


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": 1}, "unknown field", "colour"),
    ({"dtype": None}, "required field missing", "dtype"),
    ({"dtype": "int16"}, "not one of the allowed", "dtype"),
    ({"dtype": ["int32"]}, "not one of the allowed", "dtype"),
    ({"url": None}, "required field missing", "url"),
    ({"url": 4}, "not a string", "url"),
    ({"interface_type": "ftp"}, "unknown interface", "interface_type"),
    ({"byte_order": "BIG"}, "not one of the allowed", "byte_order"),
    ({"order": "c"}, "not one of the allowed", "order"),
    ({"order": 1}, "not one of the allowed", "order"),
    ({"offset": -1}, "out of range", "offset"),
    ({"offset": "0"}, "not an integer", "offset"),
    ({"offset": True}, "not an integer", "offset"),
    ({"offset": 0.5}, "not an integer", "offset"),
    ({"offset": float("inf")}, "not an integer", "offset"),
    ({"size": 0}, "out of range", "size"),
    ({"size": 2}, "size is no multiple of the item size", "size"),
    ({"size": 8, "shape": [3]}, "size against shape", "size"),
    ({"size": 96 * 2**64, **SHAPED}, "size against shape", "shape"),
    ({"shape": []}, "not a non-empty list", "shape"),
    ({"shape": 4}, "not a non-empty list", "shape"),
    ({"shape": [0]}, "out of range", "shape"),
    ({"shape": [2, "3"]}, "not an integer", "shape"),
    ({"axis": 0}, "axis without shape", "axis"),
    ({"axis": []}, "axis without shape", "axis"),
    ({"axis": -1, **SHAPED}, "out of range", "axis"),
    ({"axis": 3, **SHAPED}, "axis out of range", "axis"),
    ({"axis": [0, 0], **SHAPED}, "axis repeated", "axis"),
    ({"axis": [1, 0], **SHAPED}, "axes unsorted", "axis"),
    ({"axis": "0", **SHAPED}, "not an integer", "axis"),
    ({"axis": [[0]], **SHAPED}, "not an integer", "axis"),
    ({"selection": [[0, 1, 1]]}, "selection without shape", "selection"),
    ({"selection": [[0, 1, 1]], **SHAPED}, "selection and shape differ in length", "selection"),
    ({"selection": [], **SHAPED}, "not a non-empty list", "selection"),
    ({"selection": [[0, 1]], "shape": [4]}, "not [start, end, stride]", "selection"),
    ({"selection": [0, 1, 1], "shape": [4]}, "not [start, end, stride]", "selection"),
    ({"selection": [[0, 1, 0]], "shape": [4]}, "stride 0", "stride"),
    ({"selection": [[0, None, 1]], "shape": [4]}, "not an integer", "selection"),
    ({"compression": "gzip"}, "not a compression", "compression"),
    ({"compression": {}}, "not a compression", "id"),
    ({"compression": {"id": "lzma"}}, "not a compression", "compression"),
    ({"compression": {"id": "gzip", "level": 1}}, "unknown inner field", "level"),
    ({"compression": {"id": ["gzip"]}}, "not a compression", "compression"),
    ({"filters": {"id": "shuffle"}}, "not a list", "filters"),
    ({"filters": ["shuffle"]}, "not a filter", "filters"),
    ({"filters": [{"id": "shuffle"}]}, "not a filter", "element_size"),
    ({"filters": [{"id": "delta", "element_size": 4}]}, "not a filter", "filters"),
    ({"filters": [{"id": "shuffle", "element_size": 4, "level": 1}]}, "unknown inner field", "level"),
    ({"filters": [{"id": "shuffle", "element_size": 0}]}, "out of range", "element_size"),
    ({"missing": 0}, "not exactly one kind of missing data", "missing"),
    ({"missing": {}}, "not exactly one kind of missing data", "missing"),
    ({"missing": {"fill": 0}}, "not exactly one kind of missing data", "fill"),
    ({"missing": {"valid_min": 0, "valid_max": 1}}, "not exactly one kind of missing data", "missing"),
    ({"missing": {"valid_min": 0, "fill": 1}}, "unknown inner field", "fill"),
    ({"missing": {"missing_value": "0"}}, "not a number", "missing_value"),
    ({"missing": {"missing_value": [0]}}, "not a number", "missing"),
    ({"missing": {"missing_value": True}}, "not a number", "missing"),
    ({"missing": {"missing_values": 0}}, "wrong form", "missing_values"),
    ({"missing": {"valid_range": [0]}}, "wrong form", "valid_range"),
    ({"missing": {"valid_range": [0, 1, 2]}}, "wrong form", "valid_range"),
    ({"missing": {"valid_range": [1, 1]}}, "valid_range not ascending", "valid_range"),
    ({"missing": {"valid_range": [2, 1]}}, "valid_range not ascending", "missing"),
    ({"missing": {"missing_value": 0.5}}, "missing value not of the dtype", "dtype"),
    ({"missing": {"missing_value": 1.0}}, "missing value not of the dtype", "missing"),
    ({"missing": {"valid_min": 2**31}}, "missing value not representable", "valid_min"),
    ({"missing": {"valid_min": -1}, "dtype": "uint64"}, "missing value not representable", "missing"),
    ({"missing": {"valid_max": 2**64}, "dtype": "uint64"}, "missing value not representable", "missing"),
    ({"missing": {"valid_max": 3.5e38}, "dtype": "float32"}, "missing value not representable", "missing"),
    ({"missing": {"valid_max": BIG}, "dtype": "float64"}, "missing value not representable", "missing"),
    ({"missing": {"valid_max": float("inf")}, "dtype": "float64"}, "missing value not representable", "missing"),
    *(({option: 1}, "not a boolean", option) for option in OPTIONS),
]


@pytest.mark.parametrize(("fields", "rule", "word"), FAULTS)
def test_each_rule_has_its_name_and_its_words(fields, rule, word):
    reading = read(**fields)
    assert reading.request is None
    assert rule in rules(reading)
    assert word in {word for fault in reading.faults for word in fault.words}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"offset": 8.0}, "a float where an integer belongs"),
        ({"axis": [0, 1.0], **SHAPED}, "a float where an integer belongs"),
        ({"shape": [1] * 33}, "many dimensions"),
        ({"selection": [[0, 2**63, 1]], "shape": [4]}, "bound beyond 64 bits"),
        ({"selection": [[-(2**63) - 1, 2, 1]], "shape": [4]}, "bound beyond 64 bits"),
        ({"offset": 2**70}, "beyond 64 bits"),
        ({"filters": []}, "empty list"),
        ({"filters": [{"id": "shuffle", "element_size": 2**63}]}, "beyond 64 bits"),
        ({"missing": {"missing_values": []}}, "empty list"),
        ({"missing": {"missing_value": 0.1}, "dtype": "float32"}, "missing value inexact"),
        ({"missing": {"missing_value": 2**24 + 1}, "dtype": "float32"}, "missing value inexact"),
        ({"missing": {"missing_value": 2**53 + 1}, "dtype": "float64"}, "missing value inexact"),
        ({"missing": {"missing_value": 1e-300}, "dtype": "float32"}, "missing value inexact"),
        ({"missing": {"valid_range": [1.0, 1.00000001]}, "dtype": "float32"}, "valid_range of one value"),
    ],
)
def test_what_is_left_open_is_doubtful_but_no_fault(fields, rule):
    reading = read(**fields)
    assert reading.request is not None
    assert rule in {doubt.rule for doubt in reading.doubts}


@pytest.mark.parametrize(
    "fields",
    [
        {"missing": {"missing_value": 0.5}, "dtype": "float32"},
        {"missing": {"missing_value": 0.1}, "dtype": "float64"},
        {"missing": {"missing_value": 2**64 - 1}, "dtype": "uint64"},
        {"missing": {"missing_value": -(2**31)}},
        {"missing": {"valid_range": [-0.0, 5e-324]}, "dtype": "float64"},
        {"selection": [[-(2**63), 2**63 - 1, -(2**63)]], "shape": [4]},
        {"axis": [], **SHAPED},
        {"axis": [0, 1, 2], **SHAPED},
        {"offset": 2**63 - 1},
        {"size": 5, "compression": {"id": "gzip"}, **SHAPED},
    ],
)
def test_what_is_at_an_edge_is_allowed(fields):
    reading = read(**fields)
    assert (reading.faults, reading.doubts) == ((), ())


@pytest.mark.parametrize("axis", [9, -1, [0, 0], "x"])
def test_select_may_ignore_a_bad_axis(axis):
    reading = read("select", axis=axis, **SHAPED)
    assert reading.request is not None
    assert [doubt.words[0] for doubt in reading.doubts] == ["axis"]
    assert read("sum", axis=axis, **SHAPED).faults


def test_version_1_has_other_locators_and_no_options():
    body = {"source": "a", "bucket": "b", "object": "c", "dtype": "int32"}
    assert not validity.read("sum", body, V1).faults
    for name in ("source", "bucket", "object"):
        (fault,) = validity.read("sum", {**body, name: None}, V1).faults
        assert (fault.rule, fault.words) == ("required field missing", (name,))
    for extra in ({"url": "x"}, {"option_count_as_bytes": True}):
        assert rules(validity.read("sum", {**body, **extra}, V1)) == {"unknown field"}


def test_every_fault_is_told_not_only_the_first():
    reading = read(offset=-1, order="X", shape=[0], colour=1)
    assert {fault.words[0] for fault in reading.faults} == {"offset", "order", "shape", "colour"}


# Three readings of one page.


def by_the_reference(operation: str, text: str, version: int) -> bool:
    """Whether the embedded server, which reads the API on its own, takes the fields."""
    server = ReferenceServer(UNLIMITED)
    try:
        reduction = server.read_reduction(version, operation, server.read_body(text.encode()))
        server.check_consistency(reduction)
    except Refusal:
        return False
    finally:
        server.close()
    return True


def filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with a real place where a placeholder stands."""
    places = {"{url}": "http://127.0.0.1/b/k", "{source}": "http://127.0.0.1", "{bucket}": "b", "{object}": "k"}
    return {name: places.get(value, value) if isinstance(value, str) else value for name, value in body.items()}


def bodies(claims: profile.Profile) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mutation that is still a JSON object, as text and value; less those of where the object is."""
    schema = load(f"{claims.api}.request")
    for mutation in every_mutation(example(inlined(schema)), schema):
        if mutation.field in LOCATORS:
            continue
        try:
            text = json_text.read(mutation.body.encode())
        except json_text.NotJson:
            continue
        if isinstance(text.value, dict) and not text.doubts:
            yield mutation.body, text.value


@pytest.mark.parametrize("claims", [V1, V2], ids=["v1", "v2"])
def test_validity_and_the_schema_agree_on_thousands_of_mutated_bodies(claims):
    several = list(bodies(claims))
    assert len(several) > 1000
    for text, body in several:
        by_schema = schema_faults(text, f"{claims.api}.request")
        by_rules = validity.read("sum", body, claims)
        if refused(by_schema):
            assert by_rules.faults, text
        elif not by_schema:
            assert rules(by_rules) <= CROSS_FIELD, text


@pytest.mark.parametrize("claims", [V1, V2], ids=["v1", "v2"])
def test_validity_and_the_reference_server_agree_on_thousands_of_mutated_bodies(claims):
    several = list(bodies(claims))
    for text, body in random.Random(1).sample(several, 1000):
        reading = validity.read("sum", body, claims)
        if not reading.doubts:
            assert by_the_reference("sum", text, 2 if claims.api == "v2" else 1) == (not reading.faults), text


@QUICK
@given(reductions(V2))
def test_all_three_take_valid_requests(case: Case) -> None:
    for send in case.steps:
        if isinstance(send, Send):
            body = filled(full_body(send, V2))
            reading = validity.read(send.operation, body, V2)
            assert not reading.faults
            assert not refused(schema_faults(json.dumps(body), "v2.request"))
            assert reading.doubts or by_the_reference(send.operation, json.dumps(body), 2)


@QUICK
@given(contradictions(V2))
def test_what_contradicts_itself_is_refused_by_validity_as_by_the_reference(case: Case) -> None:
    for send in case.steps:
        if isinstance(send, Send) and send.operation in OPERATIONS:
            body = filled(full_body(send, V2))
            reading = validity.read(send.operation, body, V2)
            if not reading.doubts:
                assert by_the_reference(send.operation, json.dumps(body), 2) == (not reading.faults), body
