"""Draw the same requests with several credentials, before and after an answer was given to the owner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from specs.case import Case
from specs.fields import Fields
from specs.reductions.profile import Profile
from specs.reductions.steps import Bucket, Credential, Interface, Send, Step
from strategies.drawing import Draw, booleans, composite, lists
from strategies.reductions.contents import buckets, placed
from strategies.reductions.encodings import Encoding
from strategies.reductions.requests import below, sampled

MOST_STEPS = 10
ASKERS: tuple[Credential | None, ...] = ("owner", None, "wrong-secret", "unknown", "stranger")


@composite
def credentials(draw: Draw, profile: Profile, *, most_steps: int = MOST_STEPS) -> Case:
    """Draw one request about one object, sent with several credentials in turn; the store must check signatures."""
    dtype = draw(sampled(profile.dtypes))
    bucket: Bucket = draw(sampled(buckets(profile)))
    values = np.arange(1, 2 + draw(below(8)), dtype=dtype)
    content = placed("a", bucket, [(0, values, Encoding(profile.native_byte_order))], 0)
    fields = Fields({"dtype": dtype, **({"shape": [len(values)]} if draw(booleans()) else {})})
    interface: Interface = draw(sampled(profile.interfaces))
    first = Send(draw(sampled(profile.operations)), fields, "a", bucket, interface)
    askers = ASKERS if profile.anonymous or bucket == "private" else tuple(one for one in ASKERS if one is not None)
    steps: list[Step] = [content.put()]
    for asker in draw(lists(sampled(askers), min_size=1, max_size=most_steps)):
        operation = first.operation if draw(below(4)) else draw(sampled(profile.operations))
        steps.append(replace(first, operation=operation, credentials=asker))
    return Case("credentials", tuple(steps))
