"""Which requests must be refused: each rule by an example, and agreement with two other readings of the API."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.subjects.reductions.reference_server import ReferenceServer, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from specs import json_text
from specs.case import Case
from specs.reductions import profile, validity
from specs.reductions.bodies import full_body
from specs.reductions.proof import refused, schema_faults
from specs.reductions.request import OPERATIONS, OPTIONS, Filter, Missing, Request
from specs.reductions.rules import Rule
from specs.reductions.schemas import load
from specs.reductions.schemas.places import example, inlined
from specs.reductions.steps import Send
from specs.reductions.validity import ReadRequest
from strategies.reductions.cases import contradictions, reductions
from tests.unit.every_mutation import every_mutation
from tests.unit.truthful import V1, V2

QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
UNLIMITED = ServerLimits(stored_bytes=2**70, decoded_bytes=2**70, rank=10**6, filters=10**6)
LOCATED = {"interface_type": "s3", "url": "{url}"}
SHAPED = {"shape": [2, 3, 4]}
BIG = 10**400
LOCATORS = ("interface_type", "url", "source", "bucket", "object")
# What a schema cannot say: rules about several fields at once, or about a number and its dtype.
CROSS_FIELD = {
    Rule.SELECTION_WITHOUT_SHAPE, Rule.SELECTION_LENGTH, Rule.AXIS_WITHOUT_SHAPE, Rule.AXIS_OUT_OF_RANGE,
    Rule.AXIS_REPEATED, Rule.AXES_UNSORTED, Rule.SIZE_NO_MULTIPLE, Rule.SIZE_AGAINST_SHAPE,
    Rule.MISSING_NOT_OF_DTYPE, Rule.MISSING_NOT_REPRESENTABLE, Rule.RANGE_NOT_ASCENDING,
}  # fmt: skip


def read(operation: str = "sum", **fields: Any) -> ReadRequest:
    return validity.read_request(operation, {**LOCATED, "dtype": "int32", **fields}, V2)


def rules(reading: ReadRequest) -> set[Rule]:
    return {fault.rule for fault in reading.faults}


def test_a_minimal_request_has_every_default():
    assert read().request == Request("sum", "int32", "little")
    assert validity.read_request(
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
    ({"colour": 1}, Rule.UNKNOWN_FIELD, "colour"),
    ({"dtype": None}, Rule.REQUIRED_FIELD_MISSING, "dtype"),
    ({"dtype": "int16"}, Rule.NOT_ONE_OF_THE_ALLOWED, "dtype"),
    ({"dtype": ["int32"]}, Rule.NOT_ONE_OF_THE_ALLOWED, "dtype"),
    ({"url": None}, Rule.REQUIRED_FIELD_MISSING, "url"),
    ({"url": 4}, Rule.NOT_A_STRING, "url"),
    ({"interface_type": "ftp"}, Rule.UNKNOWN_INTERFACE, "interface_type"),
    ({"byte_order": "BIG"}, Rule.NOT_ONE_OF_THE_ALLOWED, "byte_order"),
    ({"order": "c"}, Rule.NOT_ONE_OF_THE_ALLOWED, "order"),
    ({"order": 1}, Rule.NOT_ONE_OF_THE_ALLOWED, "order"),
    ({"offset": -1}, Rule.OUT_OF_RANGE, "offset"),
    ({"offset": "0"}, Rule.NOT_AN_INTEGER, "offset"),
    ({"offset": True}, Rule.NOT_AN_INTEGER, "offset"),
    ({"offset": 0.5}, Rule.NOT_AN_INTEGER, "offset"),
    ({"offset": 0.5}, Rule.NOT_AN_INTEGER, "offset"),
    ({"size": 0}, Rule.OUT_OF_RANGE, "size"),
    ({"size": 2}, Rule.SIZE_NO_MULTIPLE, "size"),
    ({"size": 8, "shape": [3]}, Rule.SIZE_AGAINST_SHAPE, "size"),
    ({"size": 96 * 2**64, **SHAPED}, Rule.SIZE_AGAINST_SHAPE, "shape"),
    ({"shape": []}, Rule.NOT_A_NON_EMPTY_LIST, "shape"),
    ({"shape": 4}, Rule.NOT_A_NON_EMPTY_LIST, "shape"),
    ({"shape": [0]}, Rule.OUT_OF_RANGE, "shape"),
    ({"shape": [2, "3"]}, Rule.NOT_AN_INTEGER, "shape"),
    ({"axis": 0}, Rule.AXIS_WITHOUT_SHAPE, "axis"),
    ({"axis": []}, Rule.AXIS_WITHOUT_SHAPE, "axis"),
    ({"axis": -1, **SHAPED}, Rule.OUT_OF_RANGE, "axis"),
    ({"axis": 3, **SHAPED}, Rule.AXIS_OUT_OF_RANGE, "axis"),
    ({"axis": [0, 0], **SHAPED}, Rule.AXIS_REPEATED, "axis"),
    ({"axis": [1, 0], **SHAPED}, Rule.AXES_UNSORTED, "axis"),
    ({"axis": "0", **SHAPED}, Rule.NOT_AN_INTEGER, "axis"),
    ({"axis": [[0]], **SHAPED}, Rule.NOT_AN_INTEGER, "axis"),
    ({"selection": [[0, 1, 1]]}, Rule.SELECTION_WITHOUT_SHAPE, "selection"),
    ({"selection": [[0, 1, 1]], **SHAPED}, Rule.SELECTION_LENGTH, "selection"),
    ({"selection": [], **SHAPED}, Rule.NOT_A_NON_EMPTY_LIST, "selection"),
    ({"selection": [[0, 1]], "shape": [4]}, Rule.NOT_A_SLICE, "selection"),
    ({"selection": [0, 1, 1], "shape": [4]}, Rule.NOT_A_SLICE, "selection"),
    ({"selection": [[0, 1, 0]], "shape": [4]}, Rule.STRIDE_0, "stride"),
    ({"selection": [[0, None, 1]], "shape": [4]}, Rule.NOT_AN_INTEGER, "selection"),
    ({"compression": "gzip"}, Rule.NOT_A_COMPRESSION, "compression"),
    ({"compression": {}}, Rule.NOT_A_COMPRESSION, "id"),
    ({"compression": {"id": "lzma"}}, Rule.NOT_A_COMPRESSION, "compression"),
    ({"compression": {"id": "gzip", "level": 1}}, Rule.UNKNOWN_INNER_FIELD, "level"),
    ({"compression": {"id": ["gzip"]}}, Rule.NOT_A_COMPRESSION, "compression"),
    ({"filters": {"id": "shuffle"}}, Rule.NOT_A_LIST, "filters"),
    ({"filters": ["shuffle"]}, Rule.NOT_A_FILTER, "filters"),
    ({"filters": [{"id": "shuffle"}]}, Rule.NOT_A_FILTER, "element_size"),
    ({"filters": [{"id": "delta", "element_size": 4}]}, Rule.NOT_A_FILTER, "filters"),
    ({"filters": [{"id": "shuffle", "element_size": 4, "level": 1}]}, Rule.UNKNOWN_INNER_FIELD, "level"),
    ({"filters": [{"id": "shuffle", "element_size": 0}]}, Rule.OUT_OF_RANGE, "element_size"),
    ({"missing": 0}, Rule.NOT_ONE_KIND_OF_MISSING, "missing"),
    ({"missing": {}}, Rule.NOT_ONE_KIND_OF_MISSING, "missing"),
    ({"missing": {"fill": 0}}, Rule.NOT_ONE_KIND_OF_MISSING, "fill"),
    ({"missing": {"valid_min": 0, "valid_max": 1}}, Rule.NOT_ONE_KIND_OF_MISSING, "missing"),
    ({"missing": {"valid_min": 0, "fill": 1}}, Rule.UNKNOWN_INNER_FIELD, "fill"),
    ({"missing": {"missing_value": "0"}}, Rule.NOT_A_NUMBER, "missing_value"),
    ({"missing": {"missing_value": [0]}}, Rule.NOT_A_NUMBER, "missing"),
    ({"missing": {"missing_value": True}}, Rule.NOT_A_NUMBER, "missing"),
    ({"missing": {"missing_values": 0}}, Rule.WRONG_FORM, "missing_values"),
    ({"missing": {"valid_range": [0]}}, Rule.WRONG_FORM, "valid_range"),
    ({"missing": {"valid_range": [0, 1, 2]}}, Rule.WRONG_FORM, "valid_range"),
    ({"missing": {"valid_range": [1, 1]}}, Rule.RANGE_NOT_ASCENDING, "valid_range"),
    ({"missing": {"valid_range": [2, 1]}}, Rule.RANGE_NOT_ASCENDING, "missing"),
    ({"missing": {"missing_value": 0.5}}, Rule.MISSING_NOT_OF_DTYPE, "dtype"),
    ({"missing": {"missing_value": 1.0}}, Rule.MISSING_NOT_OF_DTYPE, "missing"),
    ({"missing": {"valid_min": 2**31}}, Rule.MISSING_NOT_REPRESENTABLE, "valid_min"),
    ({"missing": {"valid_min": -1}, "dtype": "uint64"}, Rule.MISSING_NOT_REPRESENTABLE, "missing"),
    ({"missing": {"valid_max": 2**64}, "dtype": "uint64"}, Rule.MISSING_NOT_REPRESENTABLE, "missing"),
    ({"missing": {"valid_max": 3.5e38}, "dtype": "float32"}, Rule.MISSING_NOT_REPRESENTABLE, "missing"),
    ({"missing": {"valid_max": BIG}, "dtype": "float64"}, Rule.MISSING_NOT_REPRESENTABLE, "missing"),
    ({"missing": {"valid_max": float("inf")}, "dtype": "float64"}, Rule.MISSING_NOT_REPRESENTABLE, "missing"),
    *(({option: 1}, Rule.NOT_A_BOOLEAN, option) for option in OPTIONS),
]


def test_a_number_beyond_all_floats_is_an_integer_beyond_64_bits() -> None:
    """JSON's 1e400 has no fraction, so a server may clamp it as it does other bounds; the schema has it so as well."""
    reading = read(selection=[[0, float("inf"), 1]], shape=[4])
    assert reading.faults == ()
    assert {fault.rule for fault in reading.doubts} >= {Rule.FLOAT_FOR_AN_INTEGER, Rule.BOUND_BEYOND_64_BITS}


@pytest.mark.parametrize(("fields", "rule", "word"), FAULTS)
def test_each_rule_has_its_name_and_its_words(fields, rule, word):
    reading = read(**fields)
    assert reading.request is None
    assert rule in rules(reading)
    assert word in {word for fault in reading.faults for word in fault.words}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"offset": 8.0}, Rule.FLOAT_FOR_AN_INTEGER),
        ({"axis": [0, 1.0], **SHAPED}, Rule.FLOAT_FOR_AN_INTEGER),
        ({"shape": [1] * 33}, Rule.MANY_DIMENSIONS),
        ({"selection": [[0, 2**63, 1]], "shape": [4]}, Rule.BOUND_BEYOND_64_BITS),
        ({"selection": [[-(2**63) - 1, 2, 1]], "shape": [4]}, Rule.BOUND_BEYOND_64_BITS),
        ({"offset": 2**70}, Rule.BEYOND_64_BITS),
        ({"filters": []}, Rule.EMPTY_LIST),
        ({"filters": [{"id": "shuffle", "element_size": 2**63}]}, Rule.BEYOND_64_BITS),
        ({"missing": {"missing_values": []}}, Rule.EMPTY_LIST),
        ({"missing": {"missing_value": 0.1}, "dtype": "float32"}, Rule.MISSING_INEXACT),
        ({"missing": {"missing_value": 2**24 + 1}, "dtype": "float32"}, Rule.MISSING_INEXACT),
        ({"missing": {"missing_value": 2**53 + 1}, "dtype": "float64"}, Rule.MISSING_INEXACT),
        ({"missing": {"missing_value": 1e-300}, "dtype": "float32"}, Rule.MISSING_INEXACT),
        ({"missing": {"valid_range": [1.0, 1.00000001]}, "dtype": "float32"}, Rule.RANGE_OF_ONE_VALUE),
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
    assert not validity.read_request("sum", body, V1).faults
    for name in ("source", "bucket", "object"):
        (fault,) = validity.read_request("sum", {**body, name: None}, V1).faults
        assert (fault.rule, fault.words) == (Rule.REQUIRED_FIELD_MISSING, (name,))
    for extra in ({"url": "x"}, {"option_count_as_bytes": True}):
        assert rules(validity.read_request("sum", {**body, **extra}, V1)) == {Rule.UNKNOWN_FIELD}


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
            text = json_text.parse(mutation.body.encode())
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
        by_rules = validity.read_request("sum", body, claims)
        if refused(by_schema):
            assert by_rules.faults, text
        elif not by_schema:
            assert rules(by_rules) <= CROSS_FIELD, text


@pytest.mark.parametrize("claims", [V1, V2], ids=["v1", "v2"])
def test_validity_and_the_reference_server_agree_on_thousands_of_mutated_bodies(claims):
    several = list(bodies(claims))
    for text, body in random.Random(1).sample(several, 1000):
        reading = validity.read_request("sum", body, claims)
        if not reading.doubts:
            assert by_the_reference("sum", text, 2 if claims.api == "v2" else 1) == (not reading.faults), text


@QUICK
@given(reductions(V2).strategy)
def test_all_three_take_valid_requests(case: Case) -> None:
    for send in case.steps:
        if isinstance(send, Send):
            body = filled(full_body(send, V2))
            reading = validity.read_request(send.operation, body, V2)
            assert not reading.faults
            assert not refused(schema_faults(json.dumps(body), "v2.request"))
            assert reading.doubts or by_the_reference(send.operation, json.dumps(body), 2)


@QUICK
@given(contradictions(V2).strategy)
def test_what_contradicts_itself_is_refused_by_validity_as_by_the_reference(case: Case) -> None:
    for send in case.steps:
        if isinstance(send, Send) and send.operation in OPERATIONS:
            body = filled(full_body(send, V2))
            reading = validity.read_request(send.operation, body, V2)
            if not reading.doubts:
                assert by_the_reference(send.operation, json.dumps(body), 2) == (not reading.faults), body
