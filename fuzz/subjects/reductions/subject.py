"""Register reductions, the API of S3 active storage, as a subject of the engine."""

from __future__ import annotations

from fuzz.findings.reported import shown_by
from fuzz.subject import Accounting, Older, Reporting, Subject, Telling
from fuzz.subjects.reductions import accounting, older
from fuzz.subjects.reductions.domains import domains, excluded
from fuzz.subjects.reductions.field_page import page
from fuzz.subjects.reductions.judging import violations
from fuzz.subjects.reductions.objects import Objects
from fuzz.subjects.reductions.picture import picture
from fuzz.subjects.reductions.properties import PROPERTIES
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reported import reports
from fuzz.subjects.reductions.scripts.plan import takes_bad_store
from fuzz.subjects.reductions.scripts.writing import scripts
from fuzz.subjects.reductions.serving import SERVING
from fuzz.subjects.reductions.stakes import fields_that_matter
from fuzz.transport.http import HTTP
from specs.reductions import clauses, requirements
from specs.reductions.model import expectations
from specs.reductions.rules import Rule
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.reductions.validity import NAMES_OF_THE_API

REDUCTIONS = Subject(
    "reductions",
    "S3 active storage: reductions of arrays in objects",
    properties=PROPERTIES,
    requirements=requirements.load(),
    steps=(Put, Delete, Send, SendRaw),
    expectations=expectations,
    violations=violations,
    stage=Objects,
    transport=HTTP,
    reading=Reading,
    serving=SERVING,
    rules=Rule,
    aspects=tuple(sorted(NAMES_OF_THE_API)),
    telling=Telling(picture, scripts),
    older=Older(older.converted, older.ids),
    reporting=Reporting(reports, page, shown_by, takes_bad_store),
    clauses=clauses.load,
    accounting=Accounting(accounting.at_stake, fields_that_matter, accounting.asked, domains, excluded),
)
