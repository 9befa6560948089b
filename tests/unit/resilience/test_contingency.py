from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceType,
    CallKind,
    CoverageRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.resilience.contingency import analyze
from residency.resilience.phase_transition import PhaseInputs
from residency.resilience.results import PhaseRisk

MONDAY = date(2026, 3, 2)
FACULTY, RESIDENT = PersonType.FACULTY, PersonType.RESIDENT
SUPERVISING = CoverageRole.SUPERVISING


def attending(name, *specialties, **more):
    return Person(name, f"Dr {name}", FACULTY, specialties=specialties, **more)


def assigned(*rows):
    """Rows (person, service, day, half[, role]) by position as columns."""
    full = [(*row, CoverageRole.PRIMARY)[:5] for row in rows]
    person, service, day, half, role = zip(*full, strict=True) if full else ([],) * 5
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.datetime64(MONDAY, "D") + np.array(day, np.int64),
        half=np.array(half, np.int8),
        role=np.array([ROLE_CODES[name] for name in role], np.int8),
        source=np.zeros(len(full), np.int8),
        locked=np.zeros(len(full), np.bool_),
    )


def daily(service, minimum=1, role=CoverageRole.PRIMARY, halves=(Half.AM,)):
    return tuple(
        CoverageRequirement(service, half, minimum, weekday=weekday, role=role)
        for half in halves
        for weekday in range(7)
    )


CLINIC = Service("CL", "Clinic", ServiceKind.OUTPATIENT, needs_supervision=True)
SCOPE = Service("SC", "Colposcopy", ServiceKind.PROCEDURE, required_specialty="gyn")


def colposcopy(days=7):
    """Colposcopy every morning: Ann and Bea may do it, Cyd could learn it; Ann always does."""
    return Program(
        "UTC",
        people=(attending("Ann", "gyn"), attending("Bea", "gyn"), attending("Cyd")),
        services=(SCOPE,),
        coverage=daily("SC"),
        assignments=assigned(*((0, 0, day, 0) for day in range(days))),
    )


def report(program, days=7, **options):
    return analyze(Snapshot.of(program, Period.horizon(MONDAY, days)), **options)


def test_a_replaceable_person_is_high_and_the_pair_is_joint_only():
    found = report(colposcopy())
    assert (found.base.assigned_only, found.base.after_reassignment) == (0, 0)
    assert [(loss.person, loss.severity, loss.assigned_gap) for loss in found.n1] == [
        ("Ann", "high", 7),
        ("Bea", "none", 0),
        ("Cyd", "none", 0),
    ]
    assert found.n1[0].sole_provider_slots == 7
    assert found.n1_pass
    assert not found.n2_pass
    assert [(pair.a, pair.b, pair.assigned_gap, pair.reassigned_gap) for pair in found.n2] == [
        ("Ann", "Bea", 7, 7),
        ("Ann", "Cyd", 7, 0),
    ]
    assert found.joint_only_pairs == found.n2[:1]
    assert found.impacts == ()


def test_five_handovers_are_medium_and_six_are_high():
    assert report(colposcopy(days=5), days=5).n1[0].severity == "medium"
    assert report(colposcopy(days=6), days=6).n1[0].severity == "high"


def test_an_irreplaceable_person_is_critical_and_their_half_days_are_named():
    program = Program(
        "UTC",
        people=(attending("Ann", "gyn"), attending("Bea")),
        services=(SCOPE,),
        coverage=daily("SC", halves=tuple(Half)),
        assignments=assigned(*((0, 0, day, half) for day in range(7) for half in range(2))),
        absences=(Absence("Ann", MONDAY, MONDAY, AbsenceType.SICK),),
    )
    found = report(program)
    assert (found.base.assigned_only, found.base.after_reassignment) == (2, 2)
    worst = found.n1[0]
    assert (worst.person, worst.reassigned_gap, worst.severity) == ("Ann", 12, "critical")
    assert not found.n1_pass
    assert not found.joint_only_pairs
    (impact,) = found.impacts
    assert impact.services == {"Colposcopy": 12}
    assert [(slot.day, slot.half) for slot in impact.slots] == [
        (MONDAY + timedelta(days=day), half) for day in range(1, 6) for half in Half
    ]


def supervised_clinic(attendings=2):
    """Four residents (five units) in clinic on Monday morning, and their attendings."""
    residents = tuple(Person(f"R{n}", f"R{n}", RESIDENT) for n in range(4))
    teachers = tuple(attending(f"F{n}") for n in range(attendings))
    return Program(
        "UTC",
        people=residents + teachers,
        pgy_levels=tuple(PgyLevel(f"R{n}", 2025, 1 if n == 0 else 3) for n in range(4)),
        services=(CLINIC,),
        assignments=assigned(
            *((n, 0, 0, 0) for n in range(4)), *((4 + n, 0, 0, 0, SUPERVISING) for n in range(attendings))
        ),
    )


def test_a_missing_supervisor_is_critical_and_a_missing_resident_a_relief():
    found = report(supervised_clinic(attendings=1))
    assert found.base_supervision_deficit == 1
    by_person = {loss.person: (loss.supervision_deficit, loss.severity) for loss in found.n1}
    assert by_person == {"F0": (1, "critical"), **{f"R{n}": (-1, "none") for n in range(4)}}
    assert [impact.services for impact in found.impacts] == [{"Supervision in clinic": 1}]


def test_supervision_that_a_loss_relieves_is_no_harm_of_that_loss():
    """Only the first resident may do this clinic; without them one attending fewer is needed."""
    full = supervised_clinic(attendings=1)
    first, *others = full.people
    found = report(
        replace(
            full,
            people=(replace(first, specialties=("gyn",)), *others),
            services=(replace(CLINIC, required_specialty="gyn"),),
            coverage=(CoverageRequirement("CL", Half.AM, 1, weekday=0),),
        )
    )
    worst = found.n1[0]
    assert (worst.person, worst.reassigned_gap, worst.supervision_deficit) == ("R0", 1, -1)
    assert {impact.person: impact.services for impact in found.impacts}["R0"] == {"Clinic": 1}


def test_a_pair_with_a_resident_counts_both_effects_exactly():
    pairs = {frozenset((p.a, p.b)): p for p in report(supervised_clinic(), who="all").n2}
    assert pairs[frozenset(("F0", "F1"))].supervision_deficit == 2
    assert frozenset(("F0", "R1")) not in pairs, "with four units left one attending is enough"


def test_only_supervision_can_be_lost_where_no_coverage_is_required():
    assert "only supervision can be lost" in " ".join(report(supervised_clinic()).warnings)


def test_who_decides_about_singles_and_pairs():
    program = supervised_clinic()
    counts = {who: report(program, who=who) for who in ("faculty", "all", None)}
    assert {who: (r.people_analysed, len(r.n1), r.pairs_analysed) for who, r in counts.items()} == {
        "faculty": (2, 2, 1),
        "all": (6, 6, 15),
        None: (6, 6, 1),
    }
    assert counts["all"].who == "all"


def test_learners_are_no_cover_and_not_analysed():
    student = Person("M", "M", PersonType.MED_STUDENT)
    program = Program(
        "UTC",
        people=(student, attending("Ann")),
        services=(Service("EX", "Exams", ServiceKind.OUTPATIENT),),
        coverage=daily("EX"),
        assignments=assigned((0, 0, 0, 0)),
    )
    found = report(program, who="all")
    assert [loss.person for loss in found.n1] == ["Ann"]
    assert found.base.assigned_only == 7
    assert "1 assignment is held by learners, who never count as cover" in found.warnings


def test_people_worst_first_then_by_label():
    order = [loss.person for loss in report(colposcopy(), labels=["x", "c", "a"]).n1]
    assert order == ["x", "a", "c"]


def test_labels_replace_ids_everywhere():
    found = report(colposcopy(), labels=["L1", "L2", "L3"])
    text = found.model_dump_json()
    assert "L1" in text
    assert not any(name in text for name in ("Ann", "Bea", "Cyd"))


def test_a_missing_label_is_refused():
    with pytest.raises(InvalidInputError, match=r"labels: 2 is not valid; expected 3, one for each person"):
        report(colposcopy(), labels=["L1", "L2"])


def test_progress_rises_from_none_to_all():
    told = []
    report(colposcopy(), progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) > 3


def test_a_report_is_the_same_every_time():
    assert report(colposcopy()) == report(colposcopy())


def test_phase_inputs_reach_the_risk():
    phase = PhaseInputs(utilization=0.97, changes_last_7_days=30, fallback_days_left=2)
    found = report(colposcopy(), phase=phase)
    assert found.phase_risk is PhaseRisk.CRITICAL
    assert [sign.name for sign in found.phase_indicators if sign.raised][:1] == ["utilization"]


@pytest.mark.parametrize("who", ["faculty", "all", None])
def test_a_program_without_people_is_a_sentence(who):
    found = report(Program("UTC"), who=who)
    assert found.warnings == (
        "there are no people in the program",
        "nothing is required in this period, so nothing can be lost",
    )
    assert (found.n1, found.n2, found.n1_pass, found.n2_pass) == ((), (), True, True)


def test_demand_without_people_stays_empty():
    program = Program("UTC", services=(SCOPE,), coverage=daily("SC", minimum=2))
    assert report(program).base.after_reassignment == 14


def test_demand_without_clinicians_says_so():
    program = Program("UTC", people=(Person("M", "M", PersonType.MED_STUDENT),))
    assert "there are no residents or faculty in the program" in report(program).warnings[0]


def test_a_period_without_demand_loses_nothing():
    program = Program("UTC", people=(attending("Ann"),), services=(SCOPE,), coverage=daily("SC", minimum=0))
    found = report(program)
    assert found.n1[0].severity == "none"
    assert found.warnings == ("nothing is required in this period, so nothing can be lost",)


def test_a_period_of_no_days_is_judged_too():
    assert report(colposcopy(), days=0).n1_pass


def test_assignments_of_ineligible_and_absent_people_are_told_and_do_not_count():
    night = datetime(2026, 3, 4, 19, tzinfo=UTC)
    program = Program(
        "UTC",
        people=(attending("Ann", "gyn"), attending("Bea"), attending("Cyd", "gyn")),
        services=(SCOPE,),
        coverage=daily("SC"),
        assignments=assigned((1, 0, 0, 0), (1, 0, 1, 0), (0, 0, 2, 0), (2, 0, 3, 0)),
        absences=(Absence("Ann", MONDAY, MONDAY + timedelta(days=3), AbsenceType.TDY),),
        call_shifts=(
            CallShift("Cyd", night, night + timedelta(hours=12), CallKind.OVERNIGHT, in_house=True),
        ),
    )
    found = report(program)
    assert found.base.assigned_only == 7
    assert found.warnings == (
        "Bea holds 2 assignments to Colposcopy without being eligible; not counted as cover",
        "Ann holds 1 assignment to Colposcopy while away or resting; not counted as cover",
        "Cyd holds 1 assignment to Colposcopy while away or resting; not counted as cover",
    )


def test_long_lists_of_warnings_are_cut_and_counted():
    people = tuple(Person(f"R{n:02}", f"R{n:02}", RESIDENT) for n in range(26))
    program = Program("UTC", people=people, services=(SCOPE,), coverage=daily("SC"))
    found = report(program)
    assert len(found.warnings) == 21
    assert found.warnings[0] == "R00 has no PGY for this period and is judged as PGY-2"
    assert found.warnings[-1] == "and 6 more lines like the last one"


def test_eligibility_follows_the_academic_year():
    """The resident may do the work from 1 July on, as PGY-2; the attending is needed alone until then."""
    senior = Service("SE", "Senior clinic", ServiceKind.OUTPATIENT, min_pgy=2)
    program = Program(
        "UTC",
        people=(Person("R", "R", RESIDENT), attending("Ann")),
        pgy_levels=(PgyLevel("R", 2025, 1), PgyLevel("R", 2026, 2)),
        services=(senior,),
        coverage=daily("SE"),
    )
    found = analyze(Snapshot.of(program, Period(date(2026, 6, 29), date(2026, 7, 3))), who="all")
    assert {loss.person: loss.reassigned_gap for loss in found.n1} == {"R": 0, "Ann": 2}
    assert [(pair.reassigned_gap) for pair in found.n2] == [4]
