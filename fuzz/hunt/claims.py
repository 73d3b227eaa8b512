"""Decide which properties apply to a server."""

from __future__ import annotations

from fuzz.subject import Property
from specs.profile import Profile
from specs.store_facts import StoreFacts
from strategies.claims import NotClaimed

ANY_STORE = StoreFacts()


def unclaimed(one: Property, profile: Profile, store: StoreFacts = ANY_STORE) -> str:
    """Say why a property does not apply to a server of that profile with that store; empty where it applies."""
    if one.takes_bad_service and not store.misserves:
        return "the store serves every object well; the one in memory can do otherwise"
    try:
        one.cases(profile)
    except NotClaimed as error:
        return str(error)
    return ""
