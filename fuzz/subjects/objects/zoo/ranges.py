"""Animals that give other bytes than a range or a part number asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fuzz.embedded.byte_ranges import ByteRange, RangeNotSatisfiable
from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Version
from fuzz.subjects.objects.zoo.changing import asking, with_headers

MIB = 1024 * 1024


class RangeWithoutItsEnd(ObjectStore):
    """It takes the last byte of a range for the first one that is not wanted."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        part = super().parsed_range(value, size)
        ended = part is not None and not value.rstrip().endswith("-") and "=-" not in value
        if part is None or not ended or part.stop - part.start < 2:
            return part
        return replace(part, stop=part.stop - 1)


class SuffixFromTheStart(ObjectStore):
    """It gives the first bytes where the last ones are asked for."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        part = super().parsed_range(value, size)
        return ByteRange(0, part.stop - part.start, size) if part is not None and "=-" in value else part


class SuffixTooLongRefused(ObjectStore):
    """It refuses to give more last bytes than there are."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        if value.startswith("bytes=-") and value[7:].isdigit() and int(value[7:]) > size:
            raise RangeNotSatisfiable(value)
        return super().parsed_range(value, size)


class RangeBeyondTheEndRefused(ObjectStore):
    """It refuses a range that begins within the object and ends behind it."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        last = value.rpartition("-")[2]
        if last.isdigit() and "=-" not in value and int(last) >= size:
            raise RangeNotSatisfiable(value)
        return super().parsed_range(value, size)


class OpenRangeIgnored(ObjectStore):
    """It gives the whole object where a range has no end."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        return None if value.endswith("-") else super().parsed_range(value, size)


class RangeOutsideIsTheWhole(ObjectStore):
    """It gives the whole object where a range is behind its end."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        try:
            return super().parsed_range(value, size)
        except RangeNotSatisfiable:
            return None


class RangeOutsideIsEmpty(ObjectStore):
    """It answers a range behind the end by 206 and no bytes."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        try:
            return super().parsed_range(value, size)
        except RangeNotSatisfiable:
            return ByteRange(size, size, size)


class RangeAnsweredBy200(ObjectStore):
    """It gives a part of the object with status 200."""

    def partial(self, call: Call, version: Version, headers: dict[str, str], part: ByteRange) -> HttpResponse:
        return replace(super().partial(call, version, headers, part), status=200)


class ContentRangeLate(ObjectStore):
    """It counts the first byte as number one in Content-Range."""

    def content_range(self, part: ByteRange) -> str:
        return f"bytes {part.start + 1}-{part.stop}/{part.size}"


class ContentRangeOfThePart(ObjectStore):
    """It gives the length of the part as that of the whole in Content-Range."""

    def content_range(self, part: ByteRange) -> str:
        return f"bytes {part.start}-{part.stop - 1}/{part.stop - part.start}"


class ContentRangeMissing(ObjectStore):
    """It gives a part without saying which."""

    def partial(self, call: Call, version: Version, headers: dict[str, str], part: ByteRange) -> HttpResponse:
        answer = with_headers(super().partial(call, version, headers, part), Content_Range=None)
        assert isinstance(answer, HttpResponse)
        return answer


class LargeRangeCut(ObjectStore):
    """It gives at most 1 MiB of a range."""

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        part = super().parsed_range(value, size)
        return part if part is None else replace(part, stop=min(part.stop, part.start + MIB))


class RangeEndsWithThePart(ObjectStore):
    """It ends a range where the part ends that it begins in."""

    def wanted_range(self, call: Call, version: Version, headers: Mapping[str, str]) -> ByteRange | None:
        part = super().wanted_range(call, version, headers)
        end = 0
        for size in version.part_sizes if part is not None else ():
            end += size
            if part is not None and part.start < end < part.stop:
                return replace(part, stop=end)
        return part


class RangeIgnoredWithConditions(ObjectStore):
    """It ignores the range of a request that has a condition."""

    def wanted_range(self, call: Call, version: Version, headers: Mapping[str, str]) -> ByteRange | None:
        if any(name.startswith("if-") for name in call.headers):
            return None
        return super().wanted_range(call, version, headers)


class PartNumberIgnored(ObjectStore):
    """It gives the whole object whatever part is asked for."""

    def give_part(self, call: Call, version: Version, headers: dict[str, str]) -> HttpResponse:
        size = version.content.size
        return self.filled(call, 200, headers, version, ByteRange(0, size, size))


class PartNumberOffByOne(ObjectStore):
    """It counts the parts of an object from zero, but for the last one."""

    def give_part(self, call: Call, version: Version, headers: dict[str, str]) -> HttpResponse:
        number = self.part_number(call)
        if number < len(version.part_sizes):
            return super().give_part(asking(call, partNumber=str(number + 1)), version, headers)
        return super().give_part(call, version, headers)


class PartBeyondIsTheLast(ObjectStore):
    """It gives the last part where there are not so many."""

    def give_part(self, call: Call, version: Version, headers: dict[str, str]) -> HttpResponse:
        most = max(1, len(version.part_sizes))
        number = min(self.part_number(call), most)
        return super().give_part(asking(call, partNumber=str(number)), version, headers)


class PartsNotCounted(ObjectStore):
    """It gives a part without saying how many there are."""

    def give_part(self, call: Call, version: Version, headers: dict[str, str]) -> HttpResponse:
        answer = with_headers(super().give_part(call, version, headers), x_amz_mp_parts_count=None)
        assert isinstance(answer, HttpResponse)
        return answer
