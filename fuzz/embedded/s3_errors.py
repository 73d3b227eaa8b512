"""S3's errors: codes, statuses, and the XML they are told in."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

from fuzz.embedded.http_messages import HttpResponse

XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
XML_TYPE = "application/xml"
REQUEST_ID = "0000000000000000"
NOTHING: Mapping[str, str] = MappingProxyType({})
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Readers of XML turn a bare one into a line feed.
CARRIAGE_RETURN = {"\r": "&#13;"}

ERRORS: Mapping[str, tuple[int, str]] = {
    "AccessDenied": (403, "Access Denied."),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "AuthorizationQueryParametersError": (400, "The query parameters of the signature are malformed."),
    "BadDigest": (400, "The digest you specified did not match what we received."),
    "BucketAlreadyExists": (409, "The requested bucket name is not available."),
    "BucketAlreadyOwnedByYou": (409, "Your previous request to create the named bucket succeeded."),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size."),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size."),
    "IncompleteBody": (400, "The body does not hold the bytes that its framing announces."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidArgument": (400, "Invalid Argument."),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidDigest": (400, "The Content-MD5 you specified is not valid."),
    "InvalidPart": (400, "One or more of the specified parts could not be found, or have another ETag."),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable."),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order."),
    "InvalidRange": (416, "The requested range is not satisfiable."),
    "InvalidRequest": (400, "Invalid Request."),
    "InvalidTag": (400, "The tag provided was not a valid tag."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KeyTooLongError": (400, "Your key is too long."),
    "MalformedPolicy": (400, "Policies must be valid JSON with statements."),
    "MalformedTrailerError": (400, "The request contained trailing data that was not well-formed or not as announced."),
    "MalformedXML": (400, "The XML you provided was not well-formed."),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size."),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the x-amz-decoded-content-length HTTP header."),
    "NoSuchBucket": (404, "The specified bucket does not exist."),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchUpload": (404, "The specified upload does not exist. It may have been aborted or completed."),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NotImplemented": (501, "A header or query you provided implies functionality that is not implemented."),
    "NotModified": (304, "Not Modified."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold."),
    "RequestTimeTooSkewed": (
        403,
        "The difference between the request time and the current time is too large.",
    ),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    "XAmzContentSHA256Mismatch": (400, "The provided 'x-amz-content-sha256' header does not match the body."),
}

# The codes of what HTTP itself refuses.
OF_HTTP: Mapping[int, str] = MappingProxyType(
    {408: "RequestTimeout", 413: "EntityTooLarge", 500: "InternalError", 503: "SlowDown"}
)


class S3Error(Exception):
    """A refusal by one of S3's codes; `details` are further elements of its XML."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        self.status, usual = ERRORS[code]
        self.code = code
        self.message = message or usual
        self.headers = headers or {}
        self.details = details or {}
        super().__init__(f"{code}: {self.message}")


def error_answer(error: S3Error, resource: str) -> HttpResponse:
    """Return the answer that tells an error."""
    return xml_error(error.status, error.code, error.message, resource, error.details, error.headers)


def xml_error(
    status: int,
    code: str,
    message: str,
    resource: str = "",
    details: Mapping[str, str] = NOTHING,
    headers: Mapping[str, str] = NOTHING,
) -> HttpResponse:
    """Return an error in S3's XML; the resource stays percent-encoded, as XML cannot hold every key."""
    more = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in details.items())
    body = (
        f"{XML_HEADER}<Error><Code>{code}</Code><Message>{xml_text(message)}</Message>"
        f"<Resource>{xml_text(resource)}</Resource>{more}"
        f"<RequestId>{REQUEST_ID}</RequestId><HostId>memory</HostId></Error>"
    )
    return HttpResponse(status, {"Content-Type": XML_TYPE, **headers}, body.encode("utf-8", "replace"))


def protocol_error(status: int, message: str) -> HttpResponse:
    """Return an error of HTTP itself in S3's form."""
    return xml_error(status, OF_HTTP.get(status, "InvalidRequest"), message)


def xml_text(text: str) -> str:
    """Return text escaped for XML; characters that XML cannot hold become question marks."""
    if text.isprintable():
        return escape(text)
    return escape(NOT_IN_XML.sub("?", text), CARRIAGE_RETURN)
