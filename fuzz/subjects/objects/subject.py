"""Register object stores, which speak the S3 API, as a subject of the engine."""

from __future__ import annotations

from fuzz.findings.reported import shown_by
from fuzz.subject import Accounting, Reporting, Subject, Telling
from fuzz.subjects.objects import accounting
from fuzz.subjects.objects.field_page import page, reports
from fuzz.subjects.objects.judging import violations
from fuzz.subjects.objects.loading import LOADING
from fuzz.subjects.objects.need_words import said
from fuzz.subjects.objects.picture import picture
from fuzz.subjects.objects.properties import PROPERTIES
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.scripts.writing import scripts
from fuzz.subjects.objects.serving import SERVING
from fuzz.subjects.objects.stage import CaseBuckets
from fuzz.transport.http import HTTP
from specs.objects import answers, requirements, steps
from specs.objects.model.judging import expectations
from specs.objects.rules import Rule

OBJECTS = Subject(
    "objects",
    "Object stores that speak the S3 API",
    properties=PROPERTIES,
    requirements=requirements.load(),
    steps=steps.ALL,
    expectations=expectations,
    violations=violations,
    stage=CaseBuckets,
    transport=HTTP,
    reading=Reading,
    serving=SERVING,
    rules=Rule,
    aspects=answers.ASPECTS,
    telling=Telling(picture, scripts, said),
    reporting=Reporting(reports, page, shown_by),
    loading=LOADING,
    accounting=Accounting(accounting.at_stake, asked=accounting.asked, domains=accounting.domains),
)
