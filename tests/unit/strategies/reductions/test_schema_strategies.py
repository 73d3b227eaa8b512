"""What is drawn follows the schema: all of it, and nothing beyond it."""

import hypothesis
import hypothesis_jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.reductions.schemas import exact_validator, load, validator
from specs.reductions.schemas.places import inlined, narrow, place, places, without
from strategies.reductions.schema import bounds, choices, leaf, whole_requests

DTYPES = ("int32", "int64", "uint32", "uint64", "float32", "float64")
QUICK = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def drawn(strategy, count=100):
    found = []

    @settings(QUICK, max_examples=count)
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def test_hypothesis_and_hypothesis_jsonschema_fit_together():
    schema = {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}, "minItems": 1}
    try:
        drawn(hypothesis_jsonschema.from_schema({**schema, "uniqueItems": True}), count=20)
    except AttributeError as error:
        pytest.fail(
            f"Hypothesis {hypothesis.__version__} does not fit hypothesis-jsonschema, which uses an attribute that "
            f"Hypothesis took away in 6.170.10 ({error}). Install hypothesis<6.170.10, as pyproject.toml asks."
        )


@pytest.mark.parametrize("name", ["v1.request", "v2.request"])
def test_a_whole_request_is_valid(name):
    requests = drawn(whole_requests(load(name)), count=60)
    assert all(validator(name).is_valid(request) for request in requests)
    assert {field for request in requests for field in request} == set(load(name)["properties"])


@given(st.data())
@QUICK
def test_a_leaf_is_valid_at_its_place_and_never_null(data):
    schema = inlined(load("v2.request"))
    pattern, here = data.draw(st.sampled_from([found for found in places(schema) if found[0]]))
    value = data.draw(leaf(schema, *pattern))
    assert value is not None
    assert exact_validator(here).is_valid(value)


def test_a_leaf_takes_every_value_of_its_enum():
    schema = load("v2.request")
    assert set(drawn(leaf(schema, "dtype"))) == set(DTYPES) == set(choices(schema, "dtype"))
    assert set(drawn(leaf(schema, "operation"))) == {"count", "min", "max", "sum", "select"}
    assert choices(schema, "order") == ("C", "F")
    assert choices(schema, "filters", "id") == ("shuffle", "shuffle_simd")


def test_a_narrower_enum_narrows_what_is_drawn():
    schema = load("v2.request")
    for field, fewer in (("dtype", list(DTYPES[:-1])), ("operation", ["count", "min", "max", "sum"])):
        narrowed = narrow(schema, field, enum=fewer)
        assert choices(narrowed, field) == tuple(fewer)
        assert set(drawn(leaf(narrowed, field))) == set(fewer)
        assert set(fewer) < set(choices(schema, field))


def test_a_lower_maximum_narrows_what_is_drawn():
    schema = load("v2.request")
    assert bounds(schema, "filters", "element_size") == (1, None)
    assert any(size > 8 for size in drawn(leaf(schema, "filters", "element_size")))
    narrowed = narrow(schema, "filters", "*", "element_size", maximum=8)
    assert bounds(narrowed, "filters", "element_size") == (1, 8)
    assert set(drawn(leaf(narrowed, "filters", "element_size"))) <= set(range(1, 9))
    assert all(1 <= item["element_size"] <= 8 for many in drawn(leaf(narrowed, "filters")) for item in many)


def test_a_field_that_the_schema_does_not_know_is_not_drawn():
    narrowed = without(load("v2.request"), "axis", "missing")
    requests = drawn(whole_requests(narrowed), count=40)
    assert not any({"axis", "missing"} & set(request) for request in requests)
    with pytest.raises(LookupError, match="shape"):
        leaf(narrowed, "axis")


def test_bounds_are_those_of_the_number_within():
    schema = load("v2.request")
    assert bounds(schema, "offset") == (0, None)
    assert bounds(schema, "shape", "*") == (1, None)
    assert bounds(schema, "selection", 2) == (None, None)
    assert bounds(schema, "axis") == bounds(schema, "axis", "*") == (0, None)
    least, greatest = bounds(schema, "missing", "missing_value")
    assert least == -greatest == -1.7976931348623157e308


def test_the_stride_is_never_zero_and_the_bounds_may_be():
    schema = load("v2.request")
    assert 0 not in drawn(leaf(schema, "selection", 2))
    assert 0 in drawn(leaf(schema, "selection", 0))


def test_a_leaf_is_made_once():
    schema = load("v2.request")
    assert leaf(schema, "dtype") is leaf(schema, "dtype")
    assert leaf(narrow(schema, "dtype", enum=["int32"]), "dtype") is not leaf(schema, "dtype")


def test_a_place_without_enum_says_what_to_ask_instead():
    with pytest.raises(LookupError, match="bounds"):
        choices(load("v2.request"), "offset")


def test_the_null_of_an_optional_field_is_in_the_schema_not_in_the_leaf():
    assert None in place(inlined(load("v2.request")), "order")["enum"]
    assert None not in drawn(leaf(load("v2.request"), "order"))
