"""Refusals: requests that get an error for an answer, and how their values are shown."""

from decimal import Decimal

SHOWN_CHARACTERS = 60
MESSAGE_CHARACTERS = 500


class Refusal(Exception):
    """The request gets an error answer with this status."""

    def __init__(self, status: int, message: str, *causes: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = cut(message, MESSAGE_CHARACTERS)
        self.causes = tuple(cut(cause, MESSAGE_CHARACTERS) for cause in causes)


def bad_field(field: str, must: str, value: object) -> Refusal:
    """Return the refusal of one field's value."""
    return Refusal(400, f"{field}: must be {must}, not {shown(value)}")


def cut(text: str, length: int) -> str:
    """Return the text, shortened if it is long, without characters that UTF-8 cannot carry."""
    text = text if len(text) <= length else text[:length] + "…"
    return text.encode("utf-8", "replace").decode("utf-8")


def shown(value: object) -> str:
    """Return a JSON value as the client would recognise it; containers by their kind alone."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int | Decimal):
        return cut(str(value), SHOWN_CHARACTERS)
    # Cut before quoting: the text may be as long as the request.
    return repr(cut(str(value), SHOWN_CHARACTERS))
