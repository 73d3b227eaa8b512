"""A store that ends in the middle of a run is told to be gone, and does not end the run."""

from __future__ import annotations

from contextlib import closing

from fuzz.embedded.store.server import serving
from fuzz.running.session import Session
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.transport.http import HttpClient
from fuzz.triage.lab import DROPS_TO_OUTLIVE, Lab
from specs.objects.profile import load
from tests.unit.pretended import Mortal


class Counted(Mortal):
    """A target that counts how often it was looked at."""

    asked = 0

    def alive(self) -> bool:
        self.asked += 1
        return super().alive()


def test_a_store_that_takes_no_buckets_any_more_is_asked_whether_it_lives() -> None:
    with serving({one.access_key: one.secret for one in OWN}) as store:
        session = Session(OBJECTS, HttpClient(store.url), Access({OWNER: OWN[0]}), load("reference"))
        lives = Counted(lives=1)
        lab = Lab(session, lives)  # type: ignore[arg-type]
        assert all(lab.lives_on() for _ in range(DROPS_TO_OUTLIVE + 2))
        assert lives.asked == DROPS_TO_OUTLIVE
    with closing(session):
        lives.dead = True
        assert not lab.lives_on()
