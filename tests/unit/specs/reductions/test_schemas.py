"""The JSON Schemas say what the API says, and the proof of invalidity follows them exactly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from specs.reductions.proof import MOST_NESTED_BY_A_SCHEMA, Flaw, refused, schema_faults, value_and_repeats
from specs.reductions.schemas import NAMES, load, validator
from specs.reductions.schemas.places import example, inlined, limits, narrow, place, places, variants, without

REQUESTS = ("v1.request", "v2.request")
WHOLE = {
    "interface_type": "s3",
    "url": "http://store.example/bucket/object",
    "dtype": "float32",
    "byte_order": "big",
    "offset": 0,
    "size": 128,
    "shape": [4, 8],
    "axis": [0, 1],
    "order": "C",
    "selection": [[0, 4, 2], [-1, -9, -1]],
    "compression": {"id": "gzip"},
    "filters": [{"id": "shuffle", "element_size": 4}],
    "missing": {"valid_range": [-1.5, 2]},
    "option_disable_chunk_cache": True,
    "option_shape_as_bytes": False,
    "option_count_as_bytes": False,
}
REQUIRED = ("interface_type", "url", "dtype")


def faults(**changes):
    return schema_faults(json.dumps({**WHOLE, **changes}), "v2.request")


def only(*found):
    (fault,) = found
    return fault.place, fault.rule, fault.open


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_a_valid_draft_07_schema(name):
    assert load(name)["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(load(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_place_has_a_title_and_a_sentence(name):
    for pattern, here in places(inlined(load(name))):
        assert here.get("title"), pattern
        assert here.get("description", "").endswith("."), pattern


@pytest.mark.parametrize("name", NAMES)
def test_no_object_takes_unknown_members(name):
    for pattern, here in places(inlined(load(name))):
        if any("properties" in part for part in variants(here)):
            assert here["additionalProperties"] is False, pattern


@pytest.mark.parametrize("name", NAMES)
def test_every_place_has_a_valid_example(name):
    for pattern, here in places(inlined(load(name))):
        given_examples = [value for part in variants(here) for value in part.get("examples", ())]
        assert all(Draft7Validator(here).is_valid(value) for value in given_examples), pattern
        assert Draft7Validator(here).is_valid(example(here)), pattern


def test_both_versions_mean_the_same_by_the_fields_they_share():
    first, second = (inlined(load(name)) for name in REQUESTS)
    shared = first["properties"].keys() & second["properties"].keys()
    assert len(shared) == 11
    for field in shared:
        assert first["properties"][field] == second["properties"][field]
    assert first["definitions"] == second["definitions"]


@pytest.mark.parametrize("name", REQUESTS)
def test_null_is_allowed_for_an_optional_field_and_for_no_other(name):
    schema = load(name)
    body = example(inlined(schema))
    assert set(body) == set(schema["required"])
    for field in schema["properties"]:
        assert validator(name).is_valid({**body, field: None}) == (field not in schema["required"])


def test_a_request_with_every_field_is_valid():
    assert set(WHOLE) == set(load("v2.request")["properties"])
    assert faults() == ()
    assert Draft7Validator(load("v2.request")).is_valid(WHOLE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("axis", 0), ("axis", []), ("axis", 2**70), ("filters", []), ("missing", {"missing_values": []}),
        ("missing", {"missing_value": 1e308}), ("missing", {"valid_min": 2**64}),
        ("selection", [[2**70, -(2**70), -1]]),
        ("shape", [1] * 40), ("url", "s3://bucket/object"), ("offset", 10**30),
    ],
)  # fmt: skip
def test_what_the_schema_leaves_to_others_is_no_fault(field, value):
    assert faults(**{field: value}) == ()


@pytest.mark.parametrize(
    ("field", "value", "where", "rule"),
    [
        ("dtype", "Int32", "/dtype", "enum"),
        ("offset", -1, "/offset", "minimum"),
        ("offset", True, "/offset", "type"),
        ("offset", 8.5, "/offset", "type"),
        ("size", 0, "/size", "minimum"),
        ("shape", [], "/shape", "minItems"),
        ("shape", [2, 0], "/shape/1", "minimum"),
        ("shape", [2, None], "/shape/1", "type"),
        ("axis", [1, 1], "/axis", "uniqueItems"),
        ("axis", [-1], "/axis/0", "minimum"),
        ("selection", [[0, 4, 1], [0, 4, 0]], "/selection/1/2", "not"),
        ("selection", [[0, 4]], "/selection/0", "minItems"),
        ("selection", [[0, 4, 1, 1]], "/selection/0", "maxItems"),
        ("selection", [], "/selection", "minItems"),
        ("compression", {}, "/compression/id", "required"),
        ("compression", {"id": "gzip", "level": 9}, "/compression/level", "additionalProperties"),
        ("compression", "gzip", "/compression", "type"),
        ("filters", [{"id": "shuffle", "element_size": 0}], "/filters/0/element_size", "minimum"),
        ("missing", {}, "/missing", "minProperties"),
        ("missing", {"valid_min": 0, "valid_max": 1}, "/missing", "maxProperties"),
        ("missing", {"valid_range": [0]}, "/missing/valid_range", "minItems"),
        ("missing", {"missing_value": "0"}, "/missing/missing_value", "type"),
        ("missing", {"missing_value": False}, "/missing/missing_value", "type"),
        ("offest", 0, "/offest", "additionalProperties"),
    ],
)
def test_a_fault_has_its_place_and_rule(field, value, where, rule):
    found = faults(**{field: value})
    assert only(*found) == (where, rule, False)
    assert found[0].field == where.split("/")[1]
    assert found[0].field in found[0].words
    assert refused(found)


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_named(field):
    body = {key: value for key, value in WHOLE.items() if key != field}
    (fault,) = schema_faults(json.dumps(body), "v2.request")
    assert fault == Flaw(field, "required", f"/{field}")
    assert fault.words == (field,)


@pytest.mark.parametrize("number", ["8.0", "8e0", "80e-1", "1e400"])
def test_an_integer_spelled_as_a_float_is_open(number):
    text = json.dumps(WHOLE).replace('"offset": 0', f'"offset": {number}')
    found = schema_faults(text, "v2.request")
    assert found
    assert not refused(found)


def test_a_float_that_is_wrong_as_an_integer_too_is_refused():
    assert refused(schema_faults(json.dumps(WHOLE).replace('"offset": 0', '"offset": -8.0'), "v2.request"))
    assert refused(schema_faults(json.dumps(WHOLE).replace("128", "0.0"), "v2.request"))


@pytest.mark.parametrize(
    ("number", "fine"),
    [
        ("1e400", False), ("-1e400", False), ("1" + "0" * 400, False), ("9" * 5000, False),
        ("1e99999999999999999999", False), ("1.7976931348623158e308", True), ("1e-400", True), ("1e308", True),
        (str(int(1.7976931348623157e308) + 1), True), ("-" + str(int(1.7976931348623157e308) + 1), True),
    ],
)  # fmt: skip
def test_no_dtype_holds_what_does_not_round_to_a_finite_double(number, fine):
    text = json.dumps(WHOLE).replace("-1.5", number)
    found = schema_faults(text, "v2.request")
    assert (found == ()) == fine
    assert all(fault.words == () for fault in found)


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_a_token_that_is_not_json_is_refused(token):
    assert schema_faults(json.dumps(WHOLE).replace("-1.5", token), "v2.request") == (Flaw("", "json", ""),)


@pytest.mark.parametrize("text", ["", "{", "nope", '{"dtype": }', '{"a": 1,}', "{} {}", "{'dtype': 1}"])
def test_a_text_that_is_not_json_is_refused(text):
    assert schema_faults(text, "v2.request") == (Flaw("", "json", ""),)


@pytest.mark.parametrize("text", ["null", "8", '"text"', "[]", "[{}]", "true"])
def test_only_an_object_is_a_request(text):
    assert schema_faults(text, "v2.request") == (Flaw("", "type", ""),)


@pytest.mark.parametrize("text", ["[" * 100, "[" * 100_000, '{"x":' * 500 + "0" + "}" * 500])
def test_what_nests_deeper_than_any_schema_is_refused_unread(text):
    assert schema_faults(text, "v2.request") == (Flaw("", "depth", ""),)


def test_brackets_in_strings_do_not_nest():
    body = {**WHOLE, "url": "http://store.example/" + '["' * (2 * MOST_NESTED_BY_A_SCHEMA)}
    assert schema_faults(json.dumps(body), "v2.request") == ()


def test_a_repeated_key_is_open_unless_every_reading_is_wrong():
    start, good, bad = json.dumps(WHOLE)[:-1], ', "dtype": "int32"}', ', "dtype": "int33"}'
    for text in (start + good, start + bad):
        found = schema_faults(text, "v2.request")
        assert Flaw("dtype", "duplicate", "/dtype", open=True) in found
        assert not refused(found)
    assert refused(schema_faults(start.replace("float32", "float33") + bad, "v2.request"))
    assert refused(schema_faults(start + ', "offest": 1' + good, "v2.request"))


def test_a_byte_order_mark_is_open():
    found = schema_faults("\ufeff" + json.dumps(WHOLE), "v2.request")
    assert only(*found) == ("", "byte-order mark", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_reading_a_text_gives_what_was_written(value):
    assert value_and_repeats(json.dumps(value)) == (value, ())


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON, max_size=3))
def test_a_body_without_faults_is_what_draft_07_allows_and_the_reverse_but_for_floats(changes):
    body = {**WHOLE, **changes}
    found = schema_faults(json.dumps(body), "v2.request")
    allowed = Draft7Validator(load("v2.request")).is_valid(body)
    assert refused(found) == (not allowed)


def test_alternatives_are_judged_by_the_one_that_was_meant():
    schema = {
        "type": "object",
        "properties": {"axis": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}},
    }
    assert schema_faults('{"axis": [0, "x"]}', schema) == (Flaw("axis", "type", "/axis/1"),)
    assert schema_faults('{"axis": 8}', schema) == (Flaw("axis", "anyOf", "/axis"),)


def test_narrowing_leaves_the_schema_as_it_is():
    schema = load("v2.request")
    before = json.dumps(schema)
    narrowed = narrow(schema, "dtype", enum=["int32"])
    assert place(narrowed, "dtype")["enum"] == ["int32"]
    assert "order" not in without(narrowed, "order", "url")["properties"]
    assert without(narrowed, "order", "url")["required"] == ["interface_type", "dtype"]
    assert json.dumps(schema) == before


def test_limits_are_those_of_all_variants():
    assert limits({"allOf": [{"minimum": 1}, {"minimum": 3}], "exclusiveMaximum": 9}) == (3, 8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: load("v2.requset"), "v2.request"),
        (lambda: without(load("v2.request"), "offest"), "offset"),
        (lambda: place(inlined(load("v2.request")), "filters", "size"), "element_size"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(call, words):
    with pytest.raises(LookupError, match=words):
        call()
