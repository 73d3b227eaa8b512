"""Animals whose pages do not make up the listing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.listing import Page
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.xml import element
from fuzz.subjects.objects.zoo.changing import asking


class PageOneTooMany(ObjectStore):
    """It gives one item more than was asked for."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        return super().page(call, keys, start, limit + 1 if limit else 0)


class PageSkipsOne(ObjectStore):
    """It leaves out one item between two pages."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        page = super().page(call, keys, start, limit)
        if page.truncated and limit > 1:
            return replace(page, items=[*page.items[:-2], page.items[-1]])
        return page


class PagesOverlap(ObjectStore):
    """It gives the last item of a page once more on the next one."""

    def token(self, last: str) -> str:
        return super().token(last[:-1] if len(last) > 1 else last)


class StartIsIncluded(ObjectStore):
    """It gives the key after which a listing should start."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        named = call.parameters.get("start-after") or call.parameters.get("marker", "")
        if named and named == start and start in keys and start.startswith(call.parameters.get("prefix", "")):
            page = super().page(call, keys, start, max(limit - 1, 0))
            return replace(page, items=[(start, False), *page.items])
        return super().page(call, keys, start, limit)


class StartIgnored(ObjectStore):
    """It ignores start-after."""

    def list_start(self, call: Call) -> str:
        return super().list_start(asking(call, start_after=None))


class MarkerIgnored(ObjectStore):
    """It lists from the start again whatever the marker of the first version says."""

    def list_objects(self, call: Call) -> HttpResponse:
        return super().list_objects(asking(call, marker=None))


class TokenYieldsToStart(ObjectStore):
    """It starts from start-after again though there is a token."""

    def list_start(self, call: Call) -> str:
        return call.parameters.get("start-after") or super().list_start(call)


class NeverTruncated(ObjectStore):
    """It says of every page that it is the last."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        return replace(super().page(call, keys, start, limit), truncated=False)


class FullPageIsTruncated(ObjectStore):
    """It says of a full page that more may follow, and then gives the same page for ever."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        page = super().page(call, keys, start, limit)
        first = super().page(call, keys, "", 1)
        if not page.items and first.items and limit and "continuation-token" in call.parameters:
            return replace(first, truncated=True)
        return replace(page, truncated=bool(page.items) and len(page.items) == limit)


class GroupsNotCounted(ObjectStore):
    """It counts keys without groups in KeyCount."""

    def second_version(self, call: Call, text: Callable[[str], str], page: Page) -> list[str]:
        _, *others = super().second_version(call, text, page)
        return [element("KeyCount", sum(not is_group for _, is_group in page.items)), *others]


class GroupsBeyondTheLimit(ObjectStore):
    """It does not count groups towards the limit of a page."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        whole = super().page(call, keys, start, limit + 5 if limit else 0)
        given: list[tuple[str, bool]] = []
        for item in whole.items:
            if sum(not is_group for _, is_group in given) == limit:
                return Page(given, truncated=True)
            given.append(item)
        return replace(whole, items=given)


class GroupOnEveryPage(ObjectStore):
    """It goes on from the last key of a group, and gives the group once more."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        page = super().page(call, keys, start, limit)
        delimiter = call.parameters.get("delimiter", "")
        continued = "continuation-token" in call.parameters or "marker" in call.parameters
        if continued and delimiter and start.endswith(delimiter) and limit > 1:
            return Page([(start, True), *page.items[: limit - 1]], page.truncated or len(page.items) == limit)
        return page


class NextMarkerOfTheFirstItem(ObjectStore):
    """It gives the first item of a page as NextMarker."""

    def first_version(self, text: Callable[[str], str], start: str, delimiter: str, page: Page) -> list[str]:
        return super().first_version(text, start, delimiter, replace(page, items=page.items[::-1]))


class ZeroIsAThousand(ObjectStore):
    """It takes a limit of zero for none."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        return super().page(call, keys, start, limit or 1000)


class LimitsBeyondAThousand(ObjectStore):
    """It gives more than 1,000 items at once where more are asked for."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        return super().page(call, keys, start, call.number("max-keys", limit, 100_000))


class TokenMissing(ObjectStore):
    """It says that there is more, and gives no token."""

    def second_version(self, call: Call, text: Callable[[str], str], page: Page) -> list[str]:
        told = super().second_version(call, text, page)
        return told[:-1] if page.truncated else told


class ListingStopsAtTwenty(ObjectStore):
    """It forgets what comes after the twentieth item of a listing without a limit."""

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        page = super().page(call, keys, start, limit)
        return Page(page.items[:20], truncated=False) if len(page.items) > 20 else page
