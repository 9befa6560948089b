"""Pages made from a real program show pseudonyms and never a name, an id or an address."""

from datetime import date

import numpy as np

from residency.program.calendar import Period
from residency.program.records import Assignments, CoverageRequirement, Person, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import Half, PersonType, ServiceKind
from residency.reports.contingency_page import contingency_sentences, render_contingency
from residency.reports.health_page import health_sentences, render_health
from residency.resilience.contingency import analyze
from residency.resilience.health import assess

WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))


def tight_program():
    """Two attendings who alone may do a procedure, and a resident without a PGY, held to more than fits."""
    people = [
        Person("id-zeb", "Zebulon Quark", PersonType.FACULTY, credentials=("scope",), pseudonym="F-01"),
        Person("id-ada", "Adaline Quark", PersonType.FACULTY, credentials=("scope",), pseudonym="F-02"),
        Person("id-bo", "Bo Quark", PersonType.RESIDENT, email="bo@quark.example", pseudonym="R-01"),
    ]
    services = (
        Service("SC", "Scope", ServiceKind.PROCEDURE, required_credential="scope"),
        Service("CL", "Clinic", ServiceKind.OUTPATIENT),
    )
    coverage = [CoverageRequirement("SC", Half.AM, 1, day=WEEK.day(2 * d)) for d in range(7)]
    coverage += [CoverageRequirement("CL", Half.AM, 1, day=WEEK.day(2 * d)) for d in range(3)]
    rows = np.array([(0, 0, d) for d in range(7)] + [(2, 1, 0), (2, 0, 1)])
    zeros = np.zeros(len(rows), np.int8)
    assignments = Assignments(
        person=rows[:, 0].astype(np.int32),
        service=rows[:, 1].astype(np.int32),
        day=np.datetime64(WEEK.start, "D") + rows[:, 2],
        half=zeros,
        role=zeros,
        source=zeros,
        locked=np.zeros(len(rows), np.bool_),
    )
    return Program(
        "UTC",
        tuple(people),
        services=services,
        coverage=tuple(coverage),
        assignments=assignments,
    )


def test_pages_and_sentences_name_nobody(shown_at):
    snapshot = Snapshot.of(tight_program(), WEEK)
    assessment = assess(snapshot, None)
    report = analyze(snapshot, labels=snapshot.pseudonyms)
    health = "\n".join([render_health(assessment, **shown_at), *health_sentences(assessment)])
    contingency = "\n".join([render_contingency(report, **shown_at), *contingency_sentences(report)])
    assert "R-01" in health
    assert "F-01" in contingency
    for told in (health, contingency):
        for secret in ("Quark", "Zebulon", "Adaline", "id-zeb", "id-bo", "quark.example"):
            assert secret not in told
