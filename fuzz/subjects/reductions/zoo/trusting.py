"""Animals that trust their store: they take what it sends for what was asked for, or hand it on."""

from collections.abc import Mapping
from dataclasses import replace

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import ObjectPlace, Reduction, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.store_connection import StoreAnswer


class WholeTakenForThePart(ReferenceServer):
    """Where a store ignores the range, the first bytes of the object are taken for those asked for."""

    def cut_whole(self, body: bytes, reduction: Reduction) -> bytes:
        return super().cut_whole(body, replace(reduction, offset=0)) if super().cut_whole(body, reduction) else b""


class PagesTakenForData(ReferenceServer):
    """The status of an answer in HTML is not looked at."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        headers = self.store_headers(reduction, credentials, self.byte_range(reduction))
        answer = self.ask_store(reduction.place, headers)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        return answer.body if is_page else super().fetch(reduction, credentials)


class UnreachableStoresAreEmpty(ReferenceServer):
    """An object of a store that cannot be reached is taken for an empty one."""

    def ask_store(self, place: ObjectPlace, headers: Mapping[str, str]) -> StoreAnswer:
        try:
            return super().ask_store(place, headers)
        except Refusal as refusal:
            if not any("refused" in cause.lower() for cause in refusal.causes):
                raise
            return StoreAnswer(200, {}, b"")


class PartsEndEarly(ReferenceServer):
    """A part of the object that is shorter than asked for is all there is, unless the object ends with it."""

    def check_part_ends(self, reduction: Reduction, last: int, end: int | None) -> None:
        if end is None or last == end - 1 or (reduction.size and last >= reduction.offset + reduction.size):
            super().check_part_ends(reduction, last, end)


class PartsEndLate(ReferenceServer):
    """A part of the object that is longer than asked for is taken as it is."""

    def check_part_ends(self, reduction: Reduction, last: int, end: int | None) -> None:
        if reduction.size is None or last < reduction.offset + reduction.size:
            super().check_part_ends(reduction, last, end)


class AnyPartWillDo(ReferenceServer):
    """Any part of the object is accepted if it has the right length, wherever it begins."""

    def check_part(self, answer: StoreAnswer, reduction: Reduction) -> bytes:
        if len(answer.body) == reduction.size and "content-range" in answer.headers:
            return answer.body
        return super().check_part(answer, reduction)


class UntoldPartCutAgain(ReferenceServer):
    """A part without a Content-Range header is cut at the offset again."""

    def check_part(self, answer: StoreAnswer, reduction: Reduction) -> bytes:
        if "content-range" in answer.headers:
            return super().check_part(answer, reduction)
        return answer.body[reduction.offset :]


class CutAnswersPadded(ReferenceServer):
    """An answer that ends early leaves zeros in the buffer that was made for it."""

    def take_cut_short(self, begun: StoreAnswer, _place: ObjectPlace) -> StoreAnswer:
        length = int(begun.headers["content-length"])
        return replace(begun, body=begun.body.ljust(length, b"\0"))


class ChunksHaveNoLength(ReferenceServer):
    """An answer without Content-Length has no body."""

    def ask_store(self, place: ObjectPlace, headers: Mapping[str, str]) -> StoreAnswer:
        answer = super().ask_store(place, headers)
        return answer if "content-length" in answer.headers else replace(answer, body=b"")


class NoBytesNoElements(ReferenceServer):
    """An answer with no bytes is an object with none."""

    def cut_whole(self, body: bytes, reduction: Reduction) -> bytes:
        return super().cut_whole(body, reduction) if body else b""


class BodilessAnswersAreEmpty(ReferenceServer):
    """An answer of the store with status 204 or 304 is taken for an empty object."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        headers = self.store_headers(reduction, credentials, self.byte_range(reduction))
        bodiless = self.ask_store(reduction.place, headers).status in (204, 304)
        return b"" if bodiless else super().fetch(reduction, credentials)


class PassedOn(Refusal):
    """A store's own error, word for word."""

    def __init__(self, answer: StoreAnswer) -> None:
        super().__init__(answer.status, "the store failed")
        self.answer = answer


class StoreErrorsPassedOn(ReferenceServer):
    """What a store says when it fails is passed on as it is."""

    def store_refusal(self, answer: StoreAnswer, reduction: Reduction) -> Refusal:
        return PassedOn(answer) if answer.status >= 500 else super().store_refusal(answer, reduction)

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        if not isinstance(refusal, PassedOn):
            return super().error_answer(refusal)
        content_type = {"content-type": refusal.answer.headers.get("content-type", "")}
        return HttpResponse(refusal.status, content_type, refusal.answer.body)


class LostStoreLosesTheClient(ReferenceServer):
    """A store that hangs up makes the server hang up as well."""

    def handle(self, request: HttpRequest) -> Answer:
        answer = super().handle(request)
        lost = isinstance(answer, HttpResponse) and b"closed the connection without an answer" in answer.body
        return DropConnection() if lost else answer
