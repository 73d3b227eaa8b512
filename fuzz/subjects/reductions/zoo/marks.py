"""Marks on animals that show in few places only."""


class OnlyInV1:
    """Shows in version 1 of the API alone."""


class OnlyAWarning:
    """Within the rules, though poor: a warning is due, and no failure."""


class OnlyAtOnce:
    """Shows only when several requests come at the same time."""
