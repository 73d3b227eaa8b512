"""The embedded object store: answers S3 requests, path style."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse, Receiver, RequestHead
from fuzz.embedded.s3_errors import S3Error, error_answer
from fuzz.embedded.sigv4 import CONTENT_HASH, Signed, signed_by
from fuzz.embedded.store.call import METHODS, Call, operation_of, split_target
from fuzz.embedded.store.digests import decoded_length, framing_of
from fuzz.embedded.store.intake import NO_BODY, Body, Intake, NewSink, Refused
from fuzz.embedded.store.reading import http_date
from fuzz.embedded.store.settings import Settings
from fuzz.embedded.store.upload_lists import UploadLists
from fuzz.embedded.store.writing import LARGEST_PUT_BYTES

# A body up to this size is read even if nobody wants it, so that its connection can go on.
READ_ANYWAY_BYTES = 1024 * 1024
LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
# Headers by which a request says something of a body, even of an empty one.
OF_BODIES = ("content-md5", "x-amz-checksum-", CONTENT_HASH)
WRITING = frozenset({"PUT", "POST"})


@lru_cache(maxsize=2)
def date_header(seconds: int) -> str:
    """Return the Date header of this second."""
    return http_date(seconds)


class ObjectStore(UploadLists, Settings):
    """A store that does as its API page says; each method does one thing, so that a broken store can differ in it."""

    def reception(self, head: RequestHead) -> Receiver | HttpResponse | None:
        """Return the receiver of a request's body, or an answer if the head is refused and the body not waited for."""
        request = HttpRequest(head.method, head.target, head.headers, minor=head.minor)
        try:
            signed = self.signer(request)
            self.check_size(head)
            self.check_permission(self.call(request, signed))
            return self.intake(head.headers, signed, self.sink)
        except S3Error as error:
            if head.expects_continue or head.length > READ_ANYWAY_BYTES:
                return self.finished(request, self.refusal(request, error))
            return Refused(error)

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        """Return the intake for a body; raises S3Error if the headers alone are wrong."""
        return Intake(headers, signed, sink)

    def check_size(self, head: RequestHead) -> None:
        """Refuse a body that is announced to be too large; raises S3Error."""
        announced = decoded_length(head.headers, framing_of(head.headers))
        most = LARGEST_DOCUMENT_BYTES if head.method == "POST" else LARGEST_PUT_BYTES
        if (head.length if announced is None else announced) > most:
            raise S3Error("EntityTooLarge")

    def __call__(self, request: HttpRequest) -> Answer:
        """Return the answer to a request, be it an error."""
        try:
            answer = self.answer(request)
        except S3Error as error:
            answer = self.refusal(request, error)
        return self.finished(request, answer) if isinstance(answer, HttpResponse) else answer

    def answer(self, request: HttpRequest) -> Answer:
        """Return the answer to a request; raises S3Error."""
        received = request.received
        if isinstance(received, Refused):
            raise received.error
        signed = received.signed if isinstance(received, Intake) else self.signer(request)
        call = self.call(request, signed)
        self.check_permission(call)
        if isinstance(received, Intake):
            call = replace(call, body=received.body())
        elif request.method in WRITING or signed is not None:
            call = replace(call, body=self.empty_body(request, signed))
        answered = self.perform(call)
        return self.as_served(request, call, answered) if call.operation in ("get_object", "head_object") else answered

    def perform(self, call: Call) -> Answer:
        """Return the answer of the operation that a request asks for; raises S3Error."""
        operation: Callable[[Call], Answer] = getattr(self, call.operation)
        return operation(call)

    def signer(self, request: HttpRequest) -> Signed | None:
        """Return who signed a request, None if it is anonymous; raises S3Error."""
        return signed_by(request, self.accounts, self.moment())

    def call(self, request: HttpRequest, signed: Signed | None) -> Call:
        """Return the request as operations see it; raises S3Error for an operation that there is not."""
        path, bucket, key, parameters = self.split_target(request.target)
        user = signed.claim.access_key if signed is not None else None
        call = Call(request.method, user, bucket, key, parameters, request.headers, path=path)
        if request.method not in METHODS:
            raise S3Error("MethodNotAllowed")
        return replace(call, operation=self.operation(call))

    def split_target(self, target: str) -> tuple[str, str, str, Mapping[str, str]]:
        """Return the path, the bucket, the key and the parameters that a request's target names; raises S3Error."""
        return split_target(target)

    def operation(self, call: Call) -> str:
        """Return the name of the operation that a request asks for; raises S3Error."""
        return operation_of(call)

    def empty_body(self, request: HttpRequest, signed: Signed | None) -> Body:
        """Return the body of a request that has none, checked against what its headers say of it; raises S3Error."""
        if not any(name.startswith(OF_BODIES) for name in request.headers):
            return NO_BODY
        return self.intake(request.headers, signed, self.sink).body()

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        """Return the answer that tells an error."""
        if error.status == 304:
            return HttpResponse(304, error.headers)
        return error_answer(error, request.target.partition("?")[0])

    def finished(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:  # noqa: ARG002
        """Return the answer with what every answer has."""
        headers = {**answer.headers, "Date": date_header(int(time.time())), "x-amz-request-id": self.request_id()}
        return replace(answer, headers=headers)

    def request_id(self) -> str:
        """Return a name for this request and no other."""
        return f"{next(self.numbers):016X}"
