"""Broken servers that share state between concurrent requests."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server.reduction import Array, Outcome, Reduction, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.zoo.marks import OnlyAtOnce
from fuzz.subjects.reductions.zoo.memory import Remembering

WORKERS = 4


def pause() -> None:
    """Long enough for another request to come between, as where a server reads, writes or is interrupted."""
    threading.Event().wait(0.0005)


class FieldsKeptOnTheServer(OnlyAtOnce, Remembering):
    """A request's operation is kept on the server while its data is read, where another request replaces it."""

    def check_consistency(self, reduction: Reduction) -> None:
        self.remembered["fields"] = reduction
        super().check_consistency(reduction)

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        kept: Reduction = self.remembered["fields"]
        return super().reduce(array, replace(reduction, operation=kept.operation))


class CountsOfWhoeverCameLast(OnlyAtOnce, Remembering):
    """Counts are kept on the server until the answer is written, where another request replaces them."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce(array, reduction)
        self.remembered["outcome"] = outcome
        return outcome

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        pause()
        return super().result_counts(reduction, self.remembered.get("outcome", outcome))


class ShapeOfWhoeverCameLast(OnlyAtOnce, Remembering):
    """The shape of an answer is kept on the server while it is written, where another request replaces it."""

    def result_shape(self, outcome: Outcome) -> list[int]:
        self.remembered["shape"] = super().result_shape(outcome)
        pause()
        shape: list[int] = self.remembered["shape"]
        return shape


class ReadingSharedTooSoon(OnlyAtOnce, Remembering):
    """A request for data that is being read for another request gets only the part that has come so far, and zeros."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        key = ("reading", reduction.place, reduction.offset, reduction.size, credentials)
        if key in self.remembered:
            return bytes(self.remembered[key])
        data = super().fetch(reduction, credentials)
        self.remembered[key] = data[: len(data) // 2] + bytes(len(data) - len(data) // 2)
        pause()
        self.remembered.pop(key, None)
        return data


class CredentialsOfWhoeverCameLast(OnlyAtOnce, Remembering):
    """Objects are read with the credentials of the request that came last."""

    def read_credentials(self, headers: Mapping[str, str]) -> StoreCredentials | None:
        self.remembered["credentials"] = super().read_credentials(headers)
        return super().read_credentials(headers)

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        pause()
        return super().fetch(reduction, self.remembered.get("credentials", credentials))


class RefusalOfWhoeverCameLast(OnlyAtOnce, Remembering):
    """Of two requests refused at the same time both get the second one's refusal."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        self.remembered["refusal"] = refusal
        pause()
        return super().error_answer(self.remembered["refusal"])


class BusyCounterWithoutALock(OnlyAtOnce, Remembering):
    """Concurrent requests are counted without a lock, and a request that was not counted gets no answer."""

    def handle(self, request: HttpRequest) -> Answer:
        before: int = self.remembered.get("busy", 0)
        pause()
        self.remembered["busy"] = before + 1
        answer = super().handle(request)
        left: int = self.remembered["busy"] - 1
        self.remembered["busy"] = max(left, 0)
        return DropConnection() if left < 0 else answer


class FifthRequestFindsNoWorker(OnlyAtOnce, Remembering):
    """A fifth request at the same time is answered by 500."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        in_hand: set[int] = self.remembered.setdefault("in hand", set())
        in_hand.add(threading.get_ident())
        try:
            if len(in_hand) > WORKERS:
                raise Refusal(500, "no worker is free")
            return super().answer(request)
        finally:
            in_hand.discard(threading.get_ident())
