"""Broken servers that keep state from one request to the next."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import (
    Array,
    ByteOrder,
    ObjectPlace,
    Order,
    Outcome,
    Reduction,
    StoreCredentials,
)
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.store_connection import StoreAnswer
from fuzz.subjects.reductions.zoo.marks import OnlyAtOnce

MOST_KEPT = 4096


class Remembering(ReferenceServer):
    """A server that keeps values from earlier requests, under keys that each animal chooses."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.remembered: dict[Any, Any] = {}
        self.latest = threading.local()

    def recall(self, key: Any, otherwise: Any) -> Any:
        """Return the value that was remembered under the key; otherwise remember and return the given one."""
        if len(self.remembered) > MOST_KEPT:
            self.remembered.clear()
        return self.remembered.setdefault(key, otherwise)

    def noted(self, answer: StoreAnswer) -> StoreAnswer:
        """Remember the version of the object that the store has just answered with, and return the answer."""
        self.latest.version = answer.headers.get("etag")
        return answer


class CacheWithoutRange(Remembering):
    """Cached chunks are found by the version of their object, whatever their offset."""

    def ask_store(self, place: ObjectPlace, headers: Mapping[str, str]) -> StoreAnswer:
        return self.noted(super().ask_store(place, headers))

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        data = super().fetch(reduction, credentials)
        kept: bytes = self.recall(("range", reduction.place, self.latest.version, reduction.size), data)
        return kept if len(kept) == len(data) else data


class CacheWithoutSize(Remembering):
    """Cached chunks are found by the version of their object and by their offset, whatever their size."""

    def ask_store(self, place: ObjectPlace, headers: Mapping[str, str]) -> StoreAnswer:
        return self.noted(super().ask_store(place, headers))

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        data = super().fetch(reduction, credentials)
        kept: bytes = self.recall(("size", reduction.place, self.latest.version, reduction.offset), data)
        return kept


class CacheWithoutDtype(Remembering):
    """Cached arrays are found by object, range and layout, whatever their dtype."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        array = super().to_array(reduction, data)
        layout = (reduction.shape, reduction.order, reduction.byte_order)
        kept: Array = self.recall(("dtype", reduction.place, reduction.offset, reduction.size, layout, data), array)
        with np.errstate(invalid="ignore"):
            return kept.astype(array.dtype) if kept.shape == array.shape else array


class CacheWithoutOrder(Remembering):
    """Cached arrays are found by object, range, dtype and shape, whatever their order."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        array = super().to_array(reduction, data)
        key = ("order", reduction.place, reduction.offset, data, reduction.dtype, reduction.shape, reduction.byte_order)
        kept: Array = self.recall(key, array)
        return kept


class CacheWithoutMissing(Remembering):
    """Cached results are found by everything but the missing data."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce(array, reduction)
        kept: Outcome = self.recall(("missing", replace(reduction, missing=None), array.tobytes()), outcome)
        return kept


class CacheWithoutCredentials(Remembering):
    """Data that was read before is answered even where the store refuses the request's credentials."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        key = ("credentials", reduction.place, reduction.offset, reduction.size)
        try:
            self.remembered[key] = super().fetch(reduction, credentials)
        except Refusal as refusal:
            if key not in self.remembered or refusal.status not in (401, 403):
                raise
        kept: bytes = self.remembered[key]
        return kept


class CacheForever(Remembering):
    """An object that was read once is never read again."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        key = ("forever", reduction.place, reduction.offset, reduction.size, credentials)
        if key not in self.remembered:
            self.recall(key, super().fetch(reduction, credentials))
        kept: bytes = self.remembered[key]
        return kept


class AbsenceRemembered(Remembering):
    """An object that was not there once stays away."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        key = ("absent", reduction.place)
        if key in self.remembered:
            raise self.remembered[key]
        try:
            return super().fetch(reduction, credentials)
        except Refusal as refusal:
            if refusal.status == 404:
                self.recall(key, refusal)
            raise


class ByteOrderSticks(Remembering):
    """A request without a byte order gets that of the request before."""

    def read_byte_order(self, given: Mapping[str, Any]) -> ByteOrder:
        told: ByteOrder = super().read_byte_order(given)
        if "byte_order" in given:
            self.remembered["byte order"] = told
        sticky: ByteOrder = self.remembered.get("byte order", told)
        return sticky


class OrderSticks(Remembering):
    """A request without an order gets that of the request before."""

    def read_order(self, given: Mapping[str, Any]) -> Order:
        told: Order = super().read_order(given)
        if "order" in given:
            self.remembered["order"] = told
        sticky: Order = self.remembered.get("order", told)
        return sticky


class ErrorsStick(Remembering):
    """The request after a refused one about the same object is refused too."""

    def read_url_place(self, interface: str, url: object) -> ObjectPlace:
        place = super().read_url_place(interface, url)
        self.remembered["asked"] = place.path
        if self.remembered.pop("refused", None) == place.path:
            raise Refusal(400, "url: the object was refused before")
        return place

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        if "refused before" not in refusal.message and refusal.status != 404:
            self.remembered["refused"] = self.remembered.get("asked")
        return super().error_answer(refusal)


class PreviousAnswerLeaks(Remembering):
    """Of two results of the same length, the second keeps the first one's last element, one time in eight."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        data = super().result_bytes(reduction, outcome)
        before: bytes = self.remembered.get("answer", b"")
        self.remembered["answer"] = data
        self.remembered["turn"] = turn = self.remembered.get("turn", 0) + 1
        width = reduction.item_size
        return data[:-width] + before[-width:] if turn % 8 == 0 and len(before) == len(data) > 0 else data


class BufferShared(OnlyAtOnce, Remembering):
    """All requests decode into one buffer."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        self.remembered["buffer"] = super().decode(reduction, stored)
        threading.Event().wait(0.0005)
        shared: bytes = self.remembered["buffer"]
        return shared


class SlicesKeptWhateverTheLength(Remembering):
    """Indices are kept by start, end and stride, whatever the length of the axis."""

    def slice_indices(self, length: int, start: int, end: int, stride: int) -> range:
        indices = super().slice_indices(length, start, end, stride)
        kept: range = self.recall(("slice", start, end, stride), indices)
        return kept if max(kept, default=0) < length and min(kept, default=0) >= 0 else indices


class LimitsAfterManyRequests(Remembering):
    """After five hundred requests the server has no room left, and says so by 503."""

    def handle(self, request: HttpRequest) -> Answer:
        self.remembered["handled"] = handled = self.remembered.get("handled", 0) + 1
        if handled >= 500 and handled % 100 == 0:
            return self.error_answer(Refusal(503, "no room left"))
        return super().handle(request)


class FilterTableSharedBetweenRequests(Remembering):
    """A filter's element size is that of the first request that used it on the object."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        filters = tuple(
            self.recall(("filter", reduction.place, place, len(stored)), one)
            for place, one in enumerate(reduction.filters)
        )
        return super().decode(replace(reduction, filters=filters), stored)
