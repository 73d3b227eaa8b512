"""Animals that take what is malformed or not theirs for something else, or break over it."""

from __future__ import annotations

from dataclasses import replace

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import SUB_RESOURCES, Call
from fuzz.embedded.store.object_store import ObjectStore

CRASH = HttpResponse(500, {"Content-Type": "text/plain"}, b"Traceback (most recent call last):\n")


class SubResourcesIgnored(ObjectStore):
    """It takes a request about a sub-resource that it lacks for one about the object or the bucket."""

    def operation(self, call: Call) -> str:
        try:
            return super().operation(call)
        except S3Error as error:
            if error.code != "NotImplemented":
                raise
            kept = {name: value for name, value in call.parameters.items() if name not in SUB_RESOURCES}
            return super().operation(replace(call, parameters=kept))


class LackingReadsList(ObjectStore):
    """It lists a bucket where a sub-resource that it lacks is asked for."""

    def operation(self, call: Call) -> str:
        if call.method == "GET" and not call.key and {"lifecycle", "cors", "acl", "website"} & call.parameters.keys():
            return "list_objects"
        return super().operation(call)


class AclEmptiesTheObject(ObjectStore):
    """It empties an object whose access list is set."""

    def operation(self, call: Call) -> str:
        if call.method == "PUT" and call.key and "acl" in call.parameters:
            return "put_object"
        return super().operation(call)


class PartWithoutUploadIsAPut(ObjectStore):
    """It takes a part without an upload for an object."""

    def operation(self, call: Call) -> str:
        if call.method == "PUT" and ("partNumber" in call.parameters) != ("uploadId" in call.parameters):
            return "put_object"
        return super().operation(call)


class MalformedXmlCrashes(ObjectStore):
    """It answers 500 to XML that it cannot read."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return CRASH if error.code == "MalformedXML" else super().refusal(request, error)


class LongKeysCrash(ObjectStore):
    """It answers 500 to a key that is too long."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return CRASH if error.code == "KeyTooLongError" else super().refusal(request, error)


class BadArgumentsCrash(ObjectStore):
    """It answers 500 to arguments that are no numbers."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return CRASH if error.code == "InvalidArgument" else super().refusal(request, error)


class BadSignaturesCrash(ObjectStore):
    """It answers 500 to credentials that it cannot read."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return CRASH if error.code.startswith("Authorization") else super().refusal(request, error)


class RefusalsArePages(ObjectStore):
    """It tells errors in HTML."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        length = len(request.target)
        page = f"<html><body><h1>{error.status} {length}</h1></body></html>".encode()
        return HttpResponse(error.status, {"Content-Type": "text/html"}, page)


class RefusalsHaveNoCode(ObjectStore):
    """It tells errors without their codes."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        well = super().refusal(request, error)
        return replace(well, body=well.body.replace(f"<Code>{error.code}</Code>".encode(), b""))


class RefusalsAreMalformed(ObjectStore):
    """It tells errors in XML that is not well-formed."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        well = super().refusal(request, error)
        return replace(well, body=well.body.replace(b"</Error>", b""))


class RefusalsAreOk(ObjectStore):
    """It tells errors with status 200."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        well = super().refusal(request, error)
        return replace(well, status=200) if well.status == 400 else well


class MissingBucketIsMissingKey(ObjectStore):
    """It says that the key is missing where the bucket is."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return super().refusal(request, S3Error("NoSuchKey") if error.code == "NoSuchBucket" else error)


class MissingIsABadRequest(ObjectStore):
    """It answers 400 where an object is missing."""

    def refusal(self, request: HttpRequest, error: S3Error) -> HttpResponse:
        return super().refusal(request, S3Error("InvalidRequest") if error.code == "NoSuchKey" else error)


class NegativeLimitsTaken(ObjectStore):
    """It takes a negative number for none."""

    def perform(self, call: Call) -> Answer:
        kept = {name: value for name, value in call.parameters.items() if not value.startswith("-")}
        return super().perform(replace(call, parameters=kept))


class NoNumbersTaken(ObjectStore):
    """It takes a limit that is no number for none."""

    def perform(self, call: Call) -> Answer:
        limits = {"max-keys", "max-parts", "max-uploads"}
        kept = {
            name: value for name, value in call.parameters.items() if name not in limits or value.isdigit() or not value
        }
        return super().perform(replace(call, parameters=kept))


class NamespacesWanted(ObjectStore):
    """It reads only XML that has a namespace."""

    def perform(self, call: Call) -> Answer:
        if call.operation in ("delete_objects", "complete_upload", "put_tagging", "put_versioning"):
            text = call.body.content.read()
            if b"<" in text and b"xmlns" not in text:
                raise S3Error("MalformedXML")
        return super().perform(call)


class PostIsAPut(ObjectStore):
    """It takes a POST of an object for a put."""

    def operation(self, call: Call) -> str:
        if call.method == "POST" and call.key and not SUB_RESOURCES & call.parameters.keys():
            return "put_object"
        return super().operation(call)


class UnknownMethodsAreGets(ObjectStore):
    """It takes a method that it does not know for a GET."""

    def call(self, request: HttpRequest, signed: object) -> Call:
        if request.method not in ("GET", "HEAD", "PUT", "DELETE", "POST"):
            return super().call(replace(request, method="GET"), signed)  # type: ignore[arg-type]
        return super().call(request, signed)  # type: ignore[arg-type]
