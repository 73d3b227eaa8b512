"""What is overlooked in data that cannot be decoded belongs to one codec, or to all."""

from __future__ import annotations

from contextlib import closing

import pytest

from fuzz.bench.planted import PACKAGE, Bug, judges
from fuzz.config import Settings
from fuzz.hunt.codecs import UNDECODABLE, all_alike, codec_needed
from fuzz.hunt.failures import Kind
from fuzz.targets import open_store_for
from specs.case import Case, Put, Send
from specs.fields import Fields
from tests.unit.pretended import PROFILE


@pytest.mark.parametrize(
    ("bugs", "alike"),
    [
        ((), True),
        (("UndecodableDataTakenAsItIs",), True),
        (("ZlibChecksumUnchecked",), False),
        (("TruncatedStreamsAccepted",), False),
        (("ZlibChecksumUnchecked", "TruncatedStreamsAccepted"), False),
    ],
)
def test_a_codec_by_itself_is_told_from_all(bugs: tuple[str, ...], alike: bool) -> None:
    some = [Bug(f"{PACKAGE}.decoding:{name}") for name in bugs]
    with closing(open_store_for(Settings())) as store, judges([some], store, PROFILE) as (judge,):
        assert all_alike(judge) is alike


def test_only_what_cannot_be_decoded_is_about_a_codec() -> None:
    def asking(compression: object) -> Case:
        return Case("x", (Put("a", b"x"), Send("sum", Fields({"dtype": "int32", "compression": compression}), "a")))

    assert codec_needed(asking({"id": "gzip"}), UNDECODABLE) == ("gzip",)
    assert codec_needed(asking({"id": "gzip"}), Kind("refuses-unfit-data", "short-read")) == ()
    assert codec_needed(asking(None), UNDECODABLE) == ()
    assert codec_needed(asking({"id": 1}), UNDECODABLE) == ()
