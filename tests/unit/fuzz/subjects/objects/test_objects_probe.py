"""A probe finds what a store can do and does otherwise, and writes a profile that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fuzz.embedded.store.server import serving
from fuzz.errors import CannotRun
from fuzz.running.launcher import free_port
from fuzz.running.session import Session
from fuzz.running.store.protocol import impostors
from fuzz.subject import Probed
from fuzz.subjects.objects.access import OWN, OWNER, SECOND, Access
from fuzz.subjects.objects.own_store import start_object_store
from fuzz.subjects.objects.probing import probe
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.transport.http import HttpClient
from specs.objects.profile import Profile, load, parsed

ACCOUNTS = {one.access_key: one.secret for one in OWN}
REFERENCE = load("reference")


def asked(url: str, *, second: bool = True) -> Probed:
    named = dict(zip((OWNER, SECOND) if second else (OWNER,), OWN))
    access = Access({**named, **impostors(OWN[0])})
    return probe(lambda profile: Session(OBJECTS, HttpClient(url), access, profile), access)


def probed(*animals: str, second: bool = True) -> Profile:
    with start_object_store(ACCOUNTS, animals) as store:
        found: Profile = asked(store.url, second=second).profile
    return found


def test_a_store_that_does_all_is_held_to_all() -> None:
    found = probed()
    assert replace(found, name="", title="") == replace(REFERENCE, name="", title="")


def test_without_a_second_account_none_is_claimed() -> None:
    assert set(REFERENCE.capabilities) - set(probed(second=False).capabilities) == {"second-account"}


@pytest.mark.parametrize(("animal", "part", "told"), [
    ("put-if-none-match-ignored", "lacks", ["conditional-put"]),
    ("delete-if-match-ignored", "lacks", ["conditional-delete"]),
    ("source-conditions-ignored", "lacks", ["conditional-copy"]),
    ("copy-has-no-conditions", "lacks", ["conditional-copy-target"]),
    ("complete-has-no-conditions", "lacks", ["conditional-complete"]),
    ("part-number-ignored", "lacks", ["get-part"]), ("encoding-untold", "lacks", ["encoding-type"]),
    ("sha1-unverified", "digests", ["sha1"]), ("delimiter-is-aslash", "delimiter", "/"),
    ("any-part-number", "rulings_off", ["part-numbers"]), ("small-parts-taken", "rulings_off", ["part-size"]),
    ("etag-of-parts-is-md5", "rulings_off", ["etag-multipart"]), ("any-bucket-name", "rulings_off", ["bucket-names"]),
])  # fmt: skip
def test_what_a_broken_store_lacks_or_does_otherwise_is_found(animal: str, part: str, told: Sequence[str]) -> None:
    found = probed(animal)
    if part == "lacks":
        assert set(REFERENCE.capabilities) - set(found.capabilities) == set(told)
    elif part == "digests":
        assert set(REFERENCE.digests) - set(found.digests) == set(told)
    elif part == "delimiter":
        assert found.delimiter == told
    else:
        assert list(found.rulings_off) == told


def test_the_profile_written_loads_as_the_profile_probed() -> None:
    with serving(ACCOUNTS) as store:
        found = asked(store.url, second=False)
    loaded = parsed(found.file("mine"), "mine.toml")
    assert loaded.name == "mine"
    assert replace(loaded, name="", title="") == replace(found.profile, name="", title="")
    (doubt,) = found.doubts
    assert "second-account" in doubt
    assert any(line.startswith("lacks") and "second-account" in line for line in found.table)


def test_a_store_that_is_not_there_cannot_be_probed() -> None:
    with pytest.raises(CannotRun, match="makes no bucket"):
        asked(f"http://127.0.0.1:{free_port()}")
