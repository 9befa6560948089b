"""Who may fill which post."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from residency.program.eligibility import eligibility, ineligibility
from residency.program.records import Person, Service
from residency.program.vocabulary import CoverageRole, FacultyRole, PersonType, ServiceKind

CLINIC = Service("C", "Clinic", ServiceKind.OUTPATIENT)
RESIDENT = Person("R", "R", PersonType.RESIDENT)
FACULTY = Person("F", "F", PersonType.FACULTY, faculty_role=FacultyRole.CORE)
PRIMARY, SUPERVISING, BACKUP = CoverageRole


def test_without_requirements_residents_and_faculty_may():
    for person in (RESIDENT, FACULTY):
        assert ineligibility(person, CLINIC, PRIMARY, 1) is None


@pytest.mark.parametrize("learner", [PersonType.MED_STUDENT, PersonType.ROTATING_INTERN])
@pytest.mark.parametrize("role", CoverageRole)
def test_learners_never_may(learner, role):
    asking = replace(CLINIC, required_type=learner)
    assert ineligibility(Person("L", "L", learner), asking, role, 1) == "learners never count as cover"


def test_nobody_without_working_time_may():
    assert ineligibility(replace(FACULTY, fte=0.0), CLINIC, PRIMARY, 1) == "has an FTE of 0"
    assert ineligibility(replace(FACULTY, fte=0.0001), CLINIC, PRIMARY, 1) is None


def test_a_resident_never_covers_an_attending():
    attending = replace(CLINIC, required_type=PersonType.FACULTY)
    assert ineligibility(RESIDENT, attending, PRIMARY, 8) == "is resident, faculty is required"
    assert ineligibility(FACULTY, attending, PRIMARY, 1) is None


@pytest.mark.parametrize("required_type", [None, PersonType.RESIDENT, PersonType.FACULTY])
def test_supervising_is_for_faculty_whatever_the_service_asks_for(required_type):
    service = replace(CLINIC, required_type=required_type)
    assert ineligibility(RESIDENT, service, SUPERVISING, 8) == "is resident, faculty is required"
    assert ineligibility(FACULTY, service, SUPERVISING, 1) is None


def test_role_specialty_and_credential_must_be_held():
    role = replace(CLINIC, required_role=FacultyRole.SPORTS_MED)
    assert ineligibility(FACULTY, role, PRIMARY, 1) == "does not hold the role sports_med"
    assert ineligibility(replace(FACULTY, faculty_role=FacultyRole.SPORTS_MED), role, PRIMARY, 1) is None
    specialty = replace(CLINIC, required_specialty="sports_medicine")
    assert ineligibility(FACULTY, specialty, PRIMARY, 1) == "lacks the specialty sports_medicine"
    assert (
        ineligibility(replace(FACULTY, specialties=("x", "sports_medicine")), specialty, PRIMARY, 1) is None
    )
    credential = replace(CLINIC, required_credential="vasectomy")
    assert ineligibility(FACULTY, credential, PRIMARY, 1) == "lacks the credential vasectomy"
    assert ineligibility(replace(FACULTY, credentials=("vasectomy",)), credential, PRIMARY, 1) is None


@pytest.mark.parametrize(("pgy", "floor"), list(product(range(1, 9), range(1, 9))))
def test_the_pgy_floor_is_for_residents_in_primary_and_backup_roles(pgy, floor):
    service = replace(CLINIC, min_pgy=floor)
    for role in (PRIMARY, BACKUP):
        assert (ineligibility(RESIDENT, service, role, pgy) is None) == (pgy >= floor)
        assert ineligibility(FACULTY, service, role, pgy) is None
    assert ineligibility(FACULTY, service, SUPERVISING, pgy) is None


def test_backup_follows_the_primary_role():
    service = replace(CLINIC, required_type=PersonType.RESIDENT)
    assert ineligibility(FACULTY, service, BACKUP, 1) == "is faculty, resident is required"
    assert ineligibility(RESIDENT, service, BACKUP, 1) is None


def test_everybody_at_once_is_judged_as_one_by_one():
    people = [
        Person("P", "P", kind, faculty_role=role, fte=fte, specialties=specialties, credentials=credentials)
        for kind, role, fte, specialties, credentials in product(
            PersonType, (None, FacultyRole.CORE), (0.0, 0.5), ((), ("skin", "heart")), ((), ("scope",))
        )
    ]
    services = [
        replace(
            CLINIC,
            required_type=kind,
            required_role=role,
            required_specialty=specialty,
            required_credential=credential,
            min_pgy=floor,
        )
        for kind, role, specialty, credential, floor in product(
            (None, PersonType.RESIDENT, PersonType.FACULTY),
            (None, FacultyRole.CORE, FacultyRole.PD),
            (None, "heart", "nobody's"),
            (None, "scope", "nobody's"),
            (None, 2),
        )
    ]
    pgy = np.array([(1, 2)] * len(people), np.int8)
    eligible, trainable = eligibility(people, services, pgy)
    for year, (s, service), (p, person) in product((0, 1), enumerate(services), enumerate(people)):
        untrained = replace(service, required_specialty=None, required_credential=None)
        for r, role in enumerate(CoverageRole):
            may = ineligibility(person, service, role, year + 1) is None
            assert eligible[year, s, p, r] == may
            could = ineligibility(person, untrained, role, year + 1) is None
            assert trainable[year, s, p, r] == (could and not may)
    assert 500 < eligible.sum() < eligible.size / 4
    assert trainable.sum() > 500


def test_nobody_and_nothing_are_judged_too():
    eligible, trainable = eligibility([], [CLINIC], np.zeros((0, 1), np.int8))
    assert eligible.shape == trainable.shape == (1, 1, 0, 3)
    assert eligibility([FACULTY], [], np.zeros((1, 1), np.int8))[0].shape == (1, 0, 1, 3)
