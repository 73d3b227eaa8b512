"""A mutation breaks a request in the way it says, and the schema proves it."""

import copy
import functools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from specs import json_text
from specs.reductions import profile as profiles
from specs.reductions import validity
from specs.reductions.proof import refused, schema_faults
from specs.reductions.schemas import NAMES, load
from specs.reductions.schemas.places import example, inlined, narrow, places, pointer, variants, without
from strategies.reductions.breakers import BEYOND_KEYWORDS, BREAKERS
from strategies.reductions.json_text import Raw, put, render
from strategies.reductions.mutations import broken, twice_broken
from strategies.reductions.schema import leaf
from tests.unit.every_mutation import every_mutation, mutation_kinds

REQUESTS = ("v1.request", "v2.request")
SAY_NOTHING = {"title", "description", "examples", "$schema", "definitions"}
LEAD_ON = {"properties", "items", "allOf", "anyOf", "oneOf"}
MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def bodies(name):
    schema = load(name)
    leaves = {field: leaf(schema, field) for field in schema["properties"]}
    return st.fixed_dictionaries(
        {field: leaves[field] for field in schema["required"]},
        optional={field: leaves[field] | st.none() for field in leaves if field not in schema["required"]},
    )


@functools.cache
def all_of(name, **more):
    """Every mutation of an example request."""
    return tuple(every_mutation({**example(inlined(load(name))), **more}, load(name)))


def draft_07_takes(text, name):
    """A reader and a validator that share nothing with the proof."""

    def no_constant(token):
        raise ValueError(token)

    try:
        value = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False
    return Draft7Validator(load(name)).is_valid(value)


@pytest.mark.parametrize("name", REQUESTS)
@given(data=st.data())
@MANY
def test_what_the_schema_proves_of_a_drawn_mutation_draft_07_says_too(name, data):
    body = data.draw(bodies(name))
    mutation = data.draw(broken(body, load(name)).strategy)
    if refused(schema_faults(mutation.body, name)):
        assert not draft_07_takes(mutation.body, name)


@pytest.mark.parametrize("name", REQUESTS)
def test_all_mutations_of_a_request_are_refused_by_draft_07_unless_open(name):
    found = all_of(name)
    assert len(found) > 1500
    taken = [mutation for mutation in found if not mutation.open and draft_07_takes(mutation.body, name)]
    assert taken == []


def test_a_mutation_of_a_narrowed_schema_is_wrong_by_that_schema_alone():
    body = example(inlined(load("v2.request")))
    narrowed = narrow(load("v2.request"), "dtype", enum=["int32"])
    plausible = [one for one in every_mutation(body, narrowed) if one.kind == "enum" and one.field == "dtype"]
    assert plausible
    with_maximum = narrow(load("v2.request"), "offset", maximum=1000)
    assert ("maximum", "/offset") in mutation_kinds(with_maximum)
    over = [one for one in every_mutation(body, with_maximum) if (one.kind, one.field) == ("maximum", "offset")]
    assert any(json.loads(one.body)["offset"] == 1001 for one in over)


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_that_constrains_has_a_mutation_at_its_place(name):
    kinds = set(mutation_kinds(load(name)))
    for pattern, here in places(inlined(load(name))):
        for part in variants(here):
            for keyword in part.keys() - SAY_NOTHING - LEAD_ON:
                assert (keyword, pointer(pattern)) in kinds


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_gives_a_mutation_that_is_at_fault_there(name):
    made = all_of(name)
    assert {mutation.kind for mutation in made} == {kind for kind, _ in mutation_kinds(load(name))}
    for kind, pattern in mutation_kinds(load(name)):
        first = pattern.replace("*", "0")
        here = [one for one in made if one.kind == kind and one.place.startswith(first)]
        assert here, (kind, pattern)
        assert kind in {"spelling", "huge", "duplicate"} or any(not one.open for one in here), (kind, pattern)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_mutation_is_at_fault_in_its_own_field_only(name):
    for mutation in all_of(name):
        fields = {fault.field for fault in schema_faults(mutation.body, name)}
        if "renamed" in mutation.mutation.detail:
            assert mutation.field in fields
        else:
            assert fields <= {mutation.field, ""}, mutation


@pytest.mark.parametrize("name", REQUESTS)
def test_the_words_of_a_mutation_are_in_its_place(name):
    for mutation in all_of(name):
        if mutation.words and "renamed" not in mutation.mutation.detail:
            assert set(mutation.words) <= set(mutation.place.split("/"))


def test_a_keyword_without_a_breaker_is_an_error_that_says_where():
    schema = narrow(load("v2.request"), "shape", contains={"const": 1})
    with pytest.raises(LookupError, match=r"'contains' at /shape"):
        mutation_kinds(schema)


@pytest.mark.parametrize(
    ("keyword", "constraint", "kind"),
    [
        ({"type": "integer", "exclusiveMinimum": 3, "examples": [4]}, '{"x": 3}', "exclusiveMinimum"),
        ({"type": "integer", "exclusiveMaximum": 3, "examples": [2]}, '{"x": 3}', "exclusiveMaximum"),
        ({"type": "string", "maxLength": 2, "examples": ["ab"]}, '{"x": "aba"}', "maxLength"),
        ({"type": "string", "const": "ab"}, '{"x": "AB"}', "const"),
        ({"type": "array", "items": [{"const": 1}], "additionalItems": False}, '{"x": [1, 1]}', "additionalItems"),
        ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "string"}]}, '{"x": 2}', "minimum"),
        ({"not": {"enum": [8]}, "examples": [1]}, '{"x": 8}', "not"),
    ],
)  # fmt: skip
def test_other_keywords_are_broken_as_well(keyword, constraint, kind):
    schema = {"type": "object", "properties": {"x": keyword}}
    made = [one for one in every_mutation({}, schema) if one.kind == kind]
    assert constraint in [one.body for one in made]
    assert not any(one.open for one in made)


@pytest.mark.parametrize(
    ("kind", "place", "text"),
    [
        ("required", "/dtype", None),
        ("type", "", "[]"),
        ("type", "/dtype", '"dtype": 8'),
        ("type", "/offset", '"offset": "0"'),
        ("type", "/offset", '"offset": true'),
        ("type", "/offset", '"offset": 8.5'),
        ("type", "/shape", '"shape": 8'),
        ("type", "/shape/0", '"shape": [null, 8]'),
        ("enum", "/dtype", '"dtype": "INT32"'),
        ("enum", "/dtype", '"dtype": " int32"'),
        ("enum", "/dtype", '"dtype": "int3"'),
        ("enum", "/dtype", '"dtype": "float16"'),
        ("enum", "/compression/id", '{"id": "zstd"}'),
        ("minimum", "/size", '"size": 0'),
        ("minItems", "/selection/0", '"selection": [[0, 4], ['),
        ("maxItems", "/missing/valid_range", '"valid_range": [0, 100, 0]'),
        ("uniqueItems", "/axis", '"axis": [0, 0]'),
        ("not", "/selection/0/2", '"selection": [[0, 4, 0]'),
        ("minProperties", "/missing", '"missing": {}'),
        ("maxProperties", "/missing", '"missing": {"missing_value": -999, "valid_min": 0}'),
        ("additionalProperties", "/shap", '"shap": '),
        ("additionalProperties", "/filters/0/elementSize", '"elementSize": 4'),
        ("maximum", "/missing/missing_value", '"missing_value": 1e400'),
        ("non-finite", "/missing/missing_value", '"missing_value": NaN'),
        ("depth", "/axis", "[" * 1000),
    ],
)
def test_a_request_is_broken_in_the_ways_that_clients_break_it(kind, place, text):
    found = [one for one in all_of("v2.request", shape=(4, 8)) if (one.kind, one.place) == (kind, place)]
    assert not any(one.open for one in found)
    if text is None:
        assert any(place[1:] not in json.loads(one.body) for one in found)
    else:
        assert any(text in one.body for one in found)


@pytest.mark.parametrize(
    ("kind", "place", "text"),
    [
        ("spelling", "/shape/0", '"shape": [4.0, 8]'),
        ("spelling", "/shape/0", '"shape": [4e0, 8]'),
        ("huge", "/offset", '"offset": 1000000000000000000000000000000'),
        ("duplicate", "/dtype", '"dtype": "int32"}'),
        ("duplicate", "/compression/id", '{"id": "gzip", "id": "text"}'),
    ],
)
def test_what_a_server_may_take_or_refuse_is_open(kind, place, text):
    found = [one for one in all_of("v2.request", shape=(4, 8)) if (one.kind, one.place) == (kind, place)]
    assert any(text in one.body and one.open for one in found)


@given(data=st.data())
@MANY
def test_a_mutation_leaves_the_request_it_was_made_from(data):
    body = data.draw(bodies("v2.request"))
    before = copy.deepcopy(body)
    data.draw(broken(body, load("v2.request")).strategy)
    assert body == before


@pytest.mark.parametrize("name", REQUESTS)
@given(data=st.data())
@MANY
def test_a_request_broken_twice_is_at_fault_in_two_places(name, data):
    mutation = data.draw(twice_broken(data.draw(bodies(name)), load(name)).strategy)
    first, second = mutation.place.split(" and ")
    assert first.split("/")[1] != second.split("/")[1]
    if refused(schema_faults(mutation.body, name)):
        assert not draft_07_takes(mutation.body, name)


def test_a_field_unknown_to_a_narrower_schema_is_an_extra_field_there():
    schema = without(load("v2.request"), "url")
    body = {"interface_type": "s3", "dtype": "int32"}
    assert any(one.kind == "additionalProperties" and one.place == "/url" for one in every_mutation(body, schema))


@pytest.mark.parametrize("profile", ["reference", "reference-v1"])
@pytest.mark.parametrize("more", [{}, {"shape": [4, 8], "axis": [0, 1], "missing": {"valid_range": [1, 5]}}])
def test_what_the_schema_refuses_the_rules_of_the_api_refuse_by_the_same_name(profile, more):
    claims = profiles.load(profile)
    schema = load(f"{claims.api}.request")
    located_freely = {"url", "source", "bucket", "object"}
    for mutation in every_mutation({**example(inlined(schema)), **more}, schema):
        try:
            text = json_text.parse(mutation.body.encode())
        except json_text.NotJson:
            assert not mutation.open
            continue
        if mutation.open or not isinstance(text.value, dict) or mutation.field in located_freely:
            continue
        named = {word for fault in validity.read_request("sum", text.value, claims).faults for word in fault.words}
        assert named, mutation
        assert not mutation.words or named & set(mutation.words), mutation


def test_what_is_filled_in_later_is_no_fault():
    schema = load("v1.request")
    body = {"source": "{source}", "bucket": "{bucket}", "object": "{object}", "dtype": "int32"}
    filled = {**example(inlined(schema)), "dtype": "int32"}
    later = [(one.kind, one.place, one.open) for one in every_mutation(body, schema) if one.field == "offset"]
    at_once = [(one.kind, one.place, one.open) for one in every_mutation(filled, schema) if one.field == "offset"]
    assert later == at_once


def test_no_kind_has_two_breakers():
    assert not BREAKERS.keys() & BEYOND_KEYWORDS.keys()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_text_without_raw_parts_is_what_json_writes(value):
    assert render(value) == json.dumps(value)


def test_raw_text_stands_as_it_is():
    assert render({"shape": put([4, 8], (1,), Raw("1e400"))}) == '{"shape": [4, 1e400]}'
