"""Assignments that are no cover are told, not refused; by id, never by name."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.importing.findings import findings, not_cover
from residency.program.calendar import academic_year
from residency.program.eligibility import ineligibility
from residency.program.records import (
    ROLES,
    Assignments,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.vocabulary import LEARNER_TYPES, Half, PersonType, ServiceKind


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_uncounted_assignments_are_those_of_ineligible_people(programs, as_rows, data):
    program = data.draw(programs)
    people = {person.id: person for person in program.people}
    services = {service.abbreviation: service for service in program.services}
    levels = {(row.person, row.academic_year): row.pgy for row in program.pgy_levels}
    asked = {(row.service, row.role) for row in program.coverage}
    expected = 0
    for who, what, day, _, role, *_ in as_rows(program)["assignments"]:
        person = people[who]
        if person.type in LEARNER_TYPES and (what, ROLES[role]) not in asked:
            continue
        pgy = levels.get((who, academic_year(day)), 2)
        expected += ineligibility(person, services[what], ROLES[role], pgy) is not None
    assert not_cover(findings(program)) == expected


@pytest.fixture
def program():
    days = np.array(["2027-06-30", "2027-07-01", "2027-07-02"], "datetime64[D]")
    return Program(
        timezone="UTC",
        people=(
            Person("F1", "Secret Name", PersonType.FACULTY),
            Person("R1", "Other Name", PersonType.RESIDENT),
            Person("S1", "Third Name", PersonType.MED_STUDENT),
        ),
        pgy_levels=(PgyLevel("R1", 2026, 1), PgyLevel("R1", 2027, 2)),
        services=(
            Service("VAS", "Vasectomy", ServiceKind.PROCEDURE, required_credential="vasectomy"),
            Service("ICU", "Intensive care", ServiceKind.INPATIENT, min_pgy=2),
        ),
        assignments=Assignments(
            person=np.array([0, 0, 1, 1, 2], np.int32),
            service=np.array([0, 0, 1, 1, 1], np.int32),
            day=days[[1, 0, 0, 1, 0]],
            half=np.zeros(5, np.int8),
            role=np.zeros(5, np.int8),
            source=np.zeros(5, np.int8),
            locked=np.zeros(5, np.bool_),
        ),
    )


def test_findings_are_sentences_about_ids(program):
    assert [finding.sentence for finding in findings(program)] == [
        "F1 is assigned to VAS 2 times, first on 2027-06-30, and does not count: "
        "lacks the credential vasectomy",
        "R1 is assigned to ICU on 2027-06-30 and does not count: is PGY-1, PGY-2 or above is required",
    ]
    assert not_cover(findings(program)) == 3


def test_a_learner_is_odd_only_where_cover_is_asked_for(program):
    asked = replace(program, coverage=(CoverageRequirement("ICU", Half.AM, 1, weekday=2),))
    assert [finding.person for finding in findings(asked)] == ["F1", "R1", "S1"]


def test_a_resident_without_a_year_is_told_for_the_years_they_are_there(program):
    found = findings(replace(program, pgy_levels=(PgyLevel("R1", 2026, 2),)))
    assert found[-1].sentence == "R1 has no PGY in academic year 2027 and is judged as PGY-2"
    gone = replace(program.people[1], active_to=date(2027, 6, 30))
    without = replace(
        program, people=(program.people[0], gone, program.people[2]), pgy_levels=(PgyLevel("R1", 2026, 2),)
    )
    assert not any("has no PGY" in finding.sentence for finding in findings(without))


def test_a_program_without_assignments_has_nothing_odd():
    assert findings(Program("UTC", people=(Person("R1", "A", PersonType.RESIDENT),))) == []
