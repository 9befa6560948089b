"""Each kind of conflict of an absence, by one schedule that has it and one that has not."""

import pytest

from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.program.records import CoverageRequirement
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    ConflictSeverity,
    CoverageRole,
    Half,
    PersonType,
)
from residency.quality.conflicts_results import Grade, Slot


def test_leave_in_an_inpatient_week_is_one_critical_conflict_for_each_friday_week(world, day):
    world = world.all_week("f1", "WARD", day(7)).assigned("f1", "WARD", day(14)).away("f1", day(12), day(15))
    first, second = world.found("leave_fmit_overlap")
    assert (first.week_start, second.week_start) == (day(7), day(14))
    assert first.severity is ConflictSeverity.CRITICAL
    assert first.description == (
        "F-1 is away from 16 Sep to 19 Sep and has 4 half-days of WARD in the inpatient week from Fri 11 Sep "
        "to Thu 17 Sep."
    )
    assert second.description.startswith("F-1 is away from 16 Sep to 19 Sep and has 1 half-day of WARD")


def test_leave_beside_an_inpatient_week_is_no_conflict(world, day):
    world = world.all_week("f1", "WARD", day(7))
    assert world.away("f1", day(14), day(20)).found() == ()
    assert world.away("f2", day(7), day(13)).found() == ()
    held = world.away("f1", day(8), status=AbsenceStatus.ANTICIPATED)
    assert held.found() == ()


def test_a_second_line_on_the_ward_is_no_inpatient_week(world, day):
    world = world.assigned("f1", "WARD", day(2), role=CoverageRole.BACKUP).away("f1", day(2))
    assert world.found("leave_fmit_overlap") == ()
    (told,) = world.found("leave_assignment_overlap")
    assert (told.grade, told.subject) == (Grade.HIGH, "WARD")


@pytest.mark.parametrize(("night", "hit"), [(3, False), (4, True), (5, True), (7, True), (8, False)])
def test_call_is_in_conflict_from_the_night_before_the_first_day_on(world, day, night, hit):
    world = world.call("f1", day(night)).away("f1", day(5), day(7))
    found = world.found("leave_call_overlap")
    assert len(found) == hit
    if hit:
        assert found[0].slot == Slot(day(night))
        assert found[0].severity is ConflictSeverity.CRITICAL


def test_any_call_counts_and_is_told_by_its_kind(world, day):
    world = world.away("r1", day(5))
    (home,) = world.call("r1", day(5), CallKind.HOME, in_house=False).found("leave_call_overlap")
    assert home.description == "R-1 is away on 9 Sep and has home call on the night of Wed 9 Sep."
    assert home.subject == "home call"


def test_an_absence_that_ends_at_noon_leaves_the_evening_to_call(world, day):
    assert world.call("f1", day(5)).away("f1", day(5), end_half=Half.AM).found("leave_call_overlap") == ()
    assert len(world.call("f1", day(5)).away("f1", day(5)).found("leave_call_overlap")) == 1


def test_an_assignment_to_a_call_service_is_call_too(world, day):
    away = world.away("r1", day(5))
    (within,) = away.assigned("r1", "NIGHT", day(5), Half.PM).found()
    assert (within.type, within.subject) == ("leave_call_overlap", "NIGHT")
    (eve,) = away.assigned("r1", "NIGHT", day(4), Half.PM).found()
    assert eve.slot == Slot(day(4), Half.PM)
    assert away.assigned("r1", "NIGHT", day(4), Half.AM).found() == ()
    assert away.assigned("r1", "NIGHT", day(6), Half.AM).found() == ()


def test_call_of_days_that_are_not_looked_at_is_left_out(world, day):
    world = world.call("f1", day(4)).away("f1", day(5))
    assert world.found("leave_call_overlap", days=Period(day(5), day(9))) == ()


def test_other_duty_under_leave_is_graded_by_the_service(world, day):
    world = world.service("C", leave_eligible=False).away("r1", day(3))
    world = world.assigned("r1", "C", day(3)).assigned("r1", "AWAY", day(3), Half.PM)
    high, medium = world.found("leave_assignment_overlap")
    assert (high.grade, medium.grade) == (Grade.HIGH, Grade.MEDIUM)
    assert {high.severity, medium.severity} == {ConflictSeverity.WARNING}
    assert (
        high.description
        == "R-1 is away on 7 Sep and is assigned to C, which allows no leave on Mon 7 Sep AM."
    )
    assert medium.slot == Slot(day(3), Half.PM)


def test_an_absence_that_is_given_twice_is_told_once(world, day):
    world = world.assigned("r1", "C", day(3)).away("r1", day(3)).away("r1", day(3))
    assert len(world.found()) == 1


def test_days_off_recovery_and_other_halves_are_no_duty_under_leave(world, day):
    world = world.assigned("r1", "OFF", day(3)).assigned("r1", "REC", day(4)).assigned("r1", "C", day(5))
    assert world.away("r1", day(3), day(5), end_half=Half.AM).found("leave_assignment_overlap") != ()
    assert world.away("r1", day(3), day(4)).found() == ()
    assert world.away("r1", day(5), start_half=Half.PM).found() == ()


def test_a_slot_below_its_minimum_is_a_gap_and_critical_on_the_ward(world, day):
    clinic = world.needing("C", day(3)).assigned("r1", "C", day(3)).away("r1", day(3))
    (gap,) = clinic.found("coverage_gap")
    assert (gap.severity, gap.slot) == (ConflictSeverity.WARNING, Slot(day(3), Half.AM))
    assert gap.description == "R-1 is away on 7 Sep: Clinic has 0 of 1 people on Mon 7 Sep AM."
    for service, person in (("WARD", "f1"), ("NIGHT", "r1")):
        short = world.needing(service, day(3)).assigned(person, service, day(3)).away(person, day(3))
        (gap,) = short.found("coverage_gap")
        assert gap.severity is ConflictSeverity.CRITICAL


def test_a_slot_that_others_fill_has_no_gap(world, day):
    both = world.needing("C", day(3)).assigned("r1", "C", day(3)).assigned("r2", "C", day(3))
    assert both.away("r1", day(3)).found("coverage_gap") == ()
    assert world.assigned("r1", "C", day(3)).away("r1", day(3)).found("coverage_gap") == ()
    # Neither counted before: an attending may not fill it, and whoever has left is not lost to leave.
    wrong = world.needing("C", day(3)).assigned("f1", "C", day(3)).away("f1", day(3))
    assert wrong.found("coverage_gap") == ()
    left = world.person("r1", active_to=day(1)).needing("C", day(3)).assigned("r1", "C", day(3))
    assert left.away("r1", day(3)).found("coverage_gap") == ()


def test_recovery_leaves_a_gap_as_the_absence_does(world, day):
    world = world.needing("C", day(5)).assigned("r1", "C", day(5))
    assert len(world.away("r1", day(3), kind=AbsenceType.CONVALESCENT).found("coverage_gap")) == 1
    assert world.away("r1", day(3)).found("coverage_gap") == ()


def test_residents_without_their_attending_are_critical(world, day):
    world = world.assigned("r1", "C", day(3)).assigned("f1", "AT", day(3), role=CoverageRole.SUPERVISING)
    (short,) = world.away("f1", day(3)).found("supervision_deficit")
    assert short.severity is ConflictSeverity.CRITICAL
    assert short.description == (
        "F-1 is away on 7 Sep: clinic has 0 of 1 supervising attendings on Mon 7 Sep AM (ceil(1 units / 4))."
    )
    second = world.assigned("f2", "AT", day(3), role=CoverageRole.SUPERVISING)
    assert second.away("f1", day(3)).found("supervision_deficit") == ()
    assert world.away("f1", day(4)).found("supervision_deficit") == ()


def test_the_last_holder_of_a_skill_is_missed_where_it_is_needed(world, day):
    world = world.person("f1", credentials=("scope",)).away("f1", day(3), day(4))
    (lost,) = world.needing("SCOPE", day(3)).needing("SCOPE", day(4)).found("sole_provider_loss")
    assert lost.description == (
        "F-1 is away from 7 Sep to 8 Sep: nobody else is left with the credential scope in 2 half-days that "
        "need it, the first on Mon 7 Sep AM."
    )
    assert lost.subject == "the credential scope"
    both = world.service("SCOPE", required_specialty="gut").person("f1", specialties=("gut",))
    (lost,) = both.needing("SCOPE", day(3)).found("sole_provider_loss")
    assert lost.subject == "the specialty gut and the credential scope"


def test_a_skill_that_others_hold_or_nobody_needs_is_not_lost(world, day):
    world = world.person("f1", credentials=("scope",))
    away = world.away("f1", day(3))
    assert away.found("sole_provider_loss") == ()
    assert away.needing("SCOPE", day(4)).found("sole_provider_loss") == ()
    assert away.needing("C", day(3)).needing("SCOPE", day(3), 0).found("sole_provider_loss") == ()
    needed = away.needing("SCOPE", day(3)).needing("SCOPE", day(5)).away("f2", day(3))
    assert needed.person("f2", credentials=("scope",)).away("f1", day(20)).found("sole_provider_loss") != ()
    assert (
        away.needing("SCOPE", day(3)).person("f2", credentials=("scope",)).found("sole_provider_loss") == ()
    )


def test_a_crowd_on_leave_is_told_to_each_of_it(world, day):
    world = world.away("r1", day(3), day(6)).away("r2", day(5), day(8)).away("r1", day(20))
    first, second = world.found("simultaneous_leave")
    assert (first.person, second.person, first.subject) == ("r1", "r2", "PGY-2")
    assert first.description == (
        "R-1 is away from 7 Sep to 10 Sep: 2 of 4 PGY-2 are away at once on Wed 9 Sep AM; the cap is "
        "exceeded in 4 half-days."
    )
    assert world.found("simultaneous_leave", cap=0.5) == ()


def test_a_cohort_is_of_one_kind_and_one_person_is_no_crowd(world, day):
    apart = world.away("r1", day(3)).away("f1", day(3)).person("f2", faculty_role=None).away("f2", day(3))
    assert apart.found("simultaneous_leave") == ()
    assert world.away("f1", day(3)).away("f2", day(4)).found("simultaneous_leave") == ()
    learner = world.person("r2", type=PersonType.MED_STUDENT).away("r1", day(3)).away("r2", day(3))
    assert learner.found("simultaneous_leave") == ()
    same = world.person("f1", faculty_role=None).person("f2", faculty_role=None)
    (one, two) = same.away("f1", day(3)).away("f2", day(3)).found("simultaneous_leave")
    assert one.subject == two.subject == "faculty"


@pytest.mark.parametrize("cap", [0, -0.1, 1.01])
def test_a_cap_that_is_no_share_is_refused(world, cap):
    with pytest.raises(InvalidInputError, match="cap"):
        world.found("simultaneous_leave", cap=cap)


def test_duty_and_call_in_recovery_are_told(world, day):
    world = world.assigned("r1", "C", day(4)).assigned("r1", "OFF", day(5)).call("r1", day(5))
    away = world.away("r1", day(3), kind=AbsenceType.CONVALESCENT)
    duty, call = away.found("recovery_violation")
    assert duty.description == (
        "R-1 is assigned to C on Tue 8 Sep AM, in the recovery owed after an absence that ends on 7 Sep."
    )
    assert (call.slot, call.subject) == (Slot(day(5)), "overnight call")
    assert away.found("recovery_violation", days=Period(day(6), day(9))) == ()
    assert world.away("r1", day(3)).found("recovery_violation") == ()
    assert world.away("r1", day(1), kind=AbsenceType.CONVALESCENT).found("recovery_violation")[
        0
    ].slot.day == day(4)
    assert world.away("r1", day(0), kind=AbsenceType.CONVALESCENT).found("recovery_violation") == ()


def test_call_that_runs_out_of_the_absence_into_recovery_is_told_once(world, day):
    world = world.call("r1", day(3)).away("r1", day(3), kind=AbsenceType.CONVALESCENT)
    assert world.found("recovery_violation") == ()
    assert len(world.found("leave_call_overlap")) == 1


def test_a_commitment_elsewhere_is_told_once_and_other_leave_is_none(world, day):
    world = world.assigned("f1", "AT", day(3), None).assigned("f1", "OFF", day(4))
    (told,) = world.away("f1", day(3), day(6), AbsenceType.TDY).found("external_commitment")
    assert told.description == (
        "F-1 is away from 7 Sep to 10 Sep on a commitment elsewhere and is in the schedule for 2 half-days "
        "of it."
    )
    assert world.away("f1", day(3)).found("external_commitment") == ()
    assert world.away("f1", day(4), kind=AbsenceType.TDY).found("external_commitment") == ()


def test_call_in_house_while_offsite_is_a_commitment_elsewhere(world, day):
    def offsite(half, hours=12, **details):
        there = world.assigned("r1", "AWAY", day(4), half).call("r1", day(3), hours=hours, **details)
        return there.found("external_commitment")

    (told,) = offsite(Half.AM, hours=13)
    assert (told.absence, told.slot) == (None, Slot(day(4), Half.AM))
    assert told.description == (
        "R-1 has overnight call in house while assigned offsite to AWAY on Tue 8 Sep AM."
    )
    assert offsite(Half.AM) == offsite(Half.PM, hours=18) == ()
    assert len(offsite(Half.PM, hours=19)) == 1
    assert offsite(Half.AM, hours=13, in_house=False) == ()
    assert world.assigned("r1", "C", day(4)).call("r1", day(3), hours=13).found("external_commitment") == ()


def test_coverage_of_days_outside_the_period_is_left_out(world, day):
    world = world.needing("C", day(3)).assigned("r1", "C", day(3)).away("r1", day(3))
    assert world.found(days=Period(day(4), day(400))) == ()
    assert world.found(days=Period(day(-9), day(-3))) == ()
    assert len(world.found("coverage_gap", days=Period(day(-400), day(4)))) == 1


def test_weekly_needs_are_needs(world, day):
    weekly = CoverageRequirement("C", Half.AM, 1, weekday=day(3).weekday())
    world = world.having(coverage=weekly).assigned("r1", "C", day(3)).away("r1", day(3))
    assert len(world.found("coverage_gap")) == 1
