"""Who can take what an absence opens, in a clinic that can be followed with a pencil."""

from dataclasses import replace
from datetime import date, timedelta

from residency.program.records import Absence, Person
from residency.program.vocabulary import AbsenceType, CoverageRole, FacultyRole, PersonType
from residency.scheduling.openings import CallOpening, SlotOpening, openings
from residency.scheduling.substitutes import substitutes

MONDAY = date(2026, 11, 30)


def day(number):
    return MONDAY + timedelta(days=number)


def out(slot):
    """Why each person is ruled out."""
    return {person: each.reason for each in slot.ruled_out for person in each.people}


def order(slot):
    return [each.person for each in slot.substitutes]


def test_only_what_falls_short_opens(clinic, away):
    rows = [
        ("A", "FC", 0, "AM"),
        ("B", "FC", 0, "AM"),
        ("A", "FC", 0, "PM"),
        ("A", "GME", 1, "AM"),
        ("A", "FC", 2, "AM"),
    ]
    case = away(clinic(rows, [("FC", 0, "AM", 1), ("FC", 0, "PM", 1), ("FC", 2, "AM", 1)]), "A", 0, 1)
    assert openings(case) == (SlotOpening(3, 0, 0, of_post=True, of_supervision=False),)
    assert openings(away(clinic([], [("FC", 0, "AM", 1)]), "A")) == ()


def test_an_attending_opens_a_slot_where_residents_need_one(clinic, away, labels):
    residents = [(name, "CL", 0, half) for name in ("X", "Y", "Z") for half in ("AM", "PM")]
    attendings = [("A", "AT", 0, "AM", "supervising"), ("A", "AT", 0, "PM", "supervising")]
    spare = [("B", "AT", 0, "PM", "supervising")]
    case = away(clinic([*residents, *attendings, *spare]), "A")
    assert openings(case) == (SlotOpening(2, 1, 1, of_post=False, of_supervision=True),)
    (slot,) = substitutes(case, labels)
    assert (slot.what, slot.role, slot.required_by) == (
        "Precepting (supervising)",
        CoverageRole.SUPERVISING,
        ("supervision",),
    )
    assert order(slot) == ["C", "J", "B"]
    assert out(slot)["X"] == "is resident, faculty is required"
    named = clinic([*residents, *attendings], [("AT", 0, "AM", 1, "supervising")])
    assert [each.of_post and each.of_supervision for each in openings(away(named, "A"))] == [True, False]


def test_everybody_who_cannot_is_told_why(clinic, away, skilled, labels):
    rows = [
        ("A", "CO", 0, "AM"),
        ("C", "FC", 0, "AM"),
        ("J", "AT", 0, "AM", "locked"),
        ("A", "FC", 0, "PM"),
        ("B", "PC", 0, "PM"),
        ("C", "GME", 0, "PM"),
    ]
    needs = [("CO", 0, "AM", 1), ("FC", 0, "AM", 1), ("FC", 0, "PM", 1)]
    people = skilled("A", "C", "J")
    morning, afternoon = substitutes(away(clinic(rows, needs, people), "A"), labels)
    assert (morning.candidates, order(morning)) == (0, [])
    assert out(morning) == {
        "B": "lacks the credential colposcopy",
        "C": "is needed on Faculty clinic",
        "J": "is on Precepting, which is locked",
        **dict.fromkeys(("X", "Y", "Z"), "is resident, faculty is required"),
        "S": "learners never count as cover",
    }
    assert [each.kind for each in morning.ruled_out] == ["work", "work", *["eligibility"] * 3]
    assert out(afternoon)["B"] == "is on Post-call"
    assert [(each.person, each.gives_up) for each in afternoon.substitutes] == [
        ("J", ()),
        ("C", ("Administration on Mon 30 Nov PM",)),
    ]


def test_who_is_not_there_is_told_why(clinic, away, night, labels):
    people = (
        Person("A", "A", PersonType.FACULTY),
        Person("L", "L", PersonType.FACULTY, active_to=day(-1)),
        Person("N", "N", PersonType.FACULTY, active_from=day(1)),
        *(Person(name, name, PersonType.FACULTY) for name in ("V", "R", "K", "P")),
    )
    absences = (
        Absence("V", day(6), day(7), AbsenceType.VACATION),
        Absence("V", day(-1), day(4), AbsenceType.VACATION),
        Absence("R", day(-3), day(-2), AbsenceType.CONVALESCENT),
        Absence("P", day(5), day(6), AbsenceType.VACATION),
        Absence("P", day(-1), day(6), AbsenceType.VACATION, status="pending"),
    )
    program = clinic(
        [("A", "FC", 0, "AM")], [("FC", 0, "AM", 1)], people, absences=absences, call_shifts=(night("K", -1),)
    )
    (slot,) = substitutes(away(program, "A"), [person.id for person in people])
    assert order(slot) == ["P"]
    assert out(slot) == {
        "L": "is not in the program then",
        "N": "is not in the program then",
        "V": "is away from 29 Nov to 4 Dec",
        "R": "recovers after an absence that ends on 28 Nov",
        "K": "is on call or rests after it",
    }


def test_a_resident_whose_units_need_one_more_attending_is_ruled_out(clinic, away, labels):
    rows = [("X", "CL", 0, "AM"), ("B", "AT", 0, "AM", "supervising")]
    full = [*rows, *(("Y", "CL", 0, half) for half in ("AM", "PM"))]
    people = ("Q", "Q2", "Z2")
    more = tuple(Person(name, name, PersonType.RESIDENT) for name in people)
    crowd = [(name, "CL", 0, "AM") for name in ("Q", "Q2")]
    everybody = clinic([], people=(*_people(clinic), *more)).people
    program = clinic([*full, *crowd], [("CL", 0, "AM", 4)], everybody)
    (slot,) = substitutes(away(program, "X"), [person.id for person in everybody])
    # Y, Q and Q2 generate three units; Z is in the first year and would bring two, Z2 one.
    assert order(slot) == ["Z2"]
    (refused,) = [each for each in slot.ruled_out if each.kind == "supervision"]
    assert (refused.people, refused.rule) == (("Z",), "SUPERVISION")


def _people(clinic):
    return clinic([]).people


def test_who_is_in_the_clinic_already_brings_no_more_units_there(clinic, away, labels):
    """Z moves within one place from a service that nobody needs to the one that is short."""
    rows = [("X", "CL", 0, "AM"), ("Z", "WD", 0, "AM"), ("Y", "CL", 0, "PM")]
    program = clinic(rows, [("CL", 0, "AM", 1)])
    (slot,) = substitutes(away(program, "X"), labels)
    # No attending was there before for X's one unit, so that one is missing however; Z's two need no second.
    assert set(order(slot)) == {"Y", "Z"}


def test_a_rule_that_would_break_rules_out_and_a_new_warning_comes_last(clinic, away, night, labels):
    """Y works every half-day and may not work more; Z comes from a night that ends seven hours before."""
    worked = [("Y", "WD", number, half) for number in range(-11, 17) for half in ("AM", "PM")]
    rows = [row for row in worked if row[2:] != (0, "AM")] + [("X", "CL", 0, "AM"), ("A", "AT", 0, "AM")]
    late = night("Z", -1, kind="weekend", hours=6, in_house=True, at=19)
    program = clinic(rows, [("CL", 0, "AM", 1)], call_shifts=(replace(late, in_house=True),))
    case = away(program, "X")
    (slot,) = substitutes(case, labels)
    reasons = out(slot)
    assert reasons["Y"].startswith("would break ")
    rules = {each.rule for each in slot.ruled_out if each.kind == "duty_hours"}
    assert rules <= {"HOURS_80", "FREE_DAY", "CONTINUOUS_24_4"}
    assert rules
    assert reasons["Z"] == "is on call or rests after it"


def test_hours_and_rest_are_told_of_everybody(clinic, away, labels):
    """Z is free all along; Y works in the afternoon and the morning after."""
    people = clinic([]).people
    rows = [("X", "CL", 0, "AM"), *(("Y", "WD", number, "PM") for number in range(-6, 1))]
    busy = [("Y", "WD", number, "AM") for number in range(1, 8)]
    program = clinic([*rows, *busy], [("CL", 0, "AM", 1)], people)
    (slot,) = substitutes(away(program, "X"), labels)
    ranked = {each.person: each for each in slot.substitutes}
    assert order(slot) == ["Z", "Y"]
    assert ranked["Z"].acgme == "breaks no rule and brings no new warning"
    assert ranked["Z"].new_warnings == ()
    assert (ranked["Z"].rest_before, ranked["Z"].rest_after) == (None, None)
    assert (ranked["Y"].rest_before, ranked["Y"].rest_after) == (12.0, 12.0)
    assert ranked["Y"].hours_after - ranked["Y"].hours_before == 6.0


def test_call_goes_to_people_of_the_same_kind_and_what_it_costs_is_told(clinic, away, night, labels):
    rows = [("B", "FC", 1, "AM"), ("C", "GME", 1, "AM"), ("C", "W", 1, "PM")]
    program = clinic(rows, [("FC", 1, "AM", 1)], call_shifts=(night("A", 0),))
    case = away(program, "A")
    assert openings(case) == (CallOpening(night("A", 0)),)
    (slot,) = substitutes(case, labels)
    assert (slot.what, slot.label, slot.half) == ("overnight call", "the night of Mon 30 Nov", None)
    told = {each.person: (each.gives_up, each.gaps_elsewhere) for each in slot.substitutes}
    clinic_then = "Faculty clinic on Tue 1 Dec AM"
    assert told == {
        "B": ((clinic_then,), (clinic_then,)),
        "C": (("Administration on Tue 1 Dec AM",), ()),
    }
    assert out(slot) == {
        "J": "is adjunct and takes no call",
        **dict.fromkeys(("X", "Y", "Z"), "is resident, faculty is required"),
        "S": "is med student, faculty is required",
    }


def test_call_is_not_given_to_who_is_away_on_call_or_on_locked_work(clinic, away, night, labels):
    many = (
        *clinic([]).people,
        *(Person(name, name, PersonType.FACULTY, FacultyRole.CORE) for name in ("D", "E", "G")),
        Person("H", "H", PersonType.FACULTY, FacultyRole.CORE, fte=0.0),
        Person("L", "L", PersonType.FACULTY, FacultyRole.CORE, active_to=day(0)),
        Person("M", "M", PersonType.FACULTY, FacultyRole.CORE, active_from=day(1)),
    )
    absences = (
        Absence("D", day(1), day(2), AbsenceType.VACATION),
        Absence("E", day(-9), day(-8), AbsenceType.VACATION),
        Absence("E", day(1), day(2), AbsenceType.VACATION, status="pending"),
    )
    rows = [("C", "FC", 1, "AM", "locked")]
    shifts = (night("A", 0), night("B", 0))
    program = clinic(rows, (), many, absences=absences, call_shifts=shifts)
    (slot,) = substitutes(away(program, "A"), [person.id for person in many])
    assert order(slot) == ["G", "E"]
    reasons = out(slot)
    assert reasons["B"] == "is on call then"
    assert (
        reasons["C"] == "is on Faculty clinic on Tue 1 Dec AM, which is locked and in its hours or the rest"
    )
    assert reasons["D"] == "is away from 1 Dec to 2 Dec"
    assert reasons["H"] == "has an FTE of 0"
    assert reasons["L"] == reasons["M"] == "is not in the program then"


def test_a_residents_call_goes_to_nobody_below_them_and_home_call_takes_no_half_day(
    clinic, away, night, labels
):
    shifts = (night("X", 0, kind="home", hours=60, in_house=False, at=17),)
    program = clinic([("Y", "CL", 1, "AM", "locked")], call_shifts=shifts)
    (slot,) = substitutes(away(program, "X"), labels)
    assert slot.label == "Mon 30 Nov 17:00 to Thu 3 Dec 05:00"
    assert order(slot) == ["Y"]
    assert slot.substitutes[0].gives_up == ()
    assert slot.substitutes[0].rest_before is None
    assert out(slot)["Z"] == "is PGY-1, PGY-2 or above is required"


def test_call_of_24_hours_takes_the_longer_rest(clinic, away, night, labels):
    rows = [("B", "GME", number, half) for number in (0, 1, 2) for half in ("AM", "PM")]
    shifts = (night("A", 0, hours=24, at=7),)
    (slot,) = substitutes(away(clinic(rows, call_shifts=shifts), "A"), labels)
    ranked = {each.person: each.gives_up for each in slot.substitutes}
    assert ranked["B"] == tuple(
        f"Administration on {when}"
        for when in ("Mon 30 Nov AM", "Mon 30 Nov PM", "Tue 1 Dec AM", "Tue 1 Dec PM")
    )


def test_no_more_than_asked_for_are_told_but_all_are_counted(clinic, away, labels):
    program = clinic([("A", "FC", 0, "AM")], [("FC", 0, "AM", 1)])
    (slot,) = substitutes(away(program, "A"), labels, most=1)
    assert (slot.candidates, order(slot)) == (3, ["J"])


def test_equals_are_ranked_by_what_they_give_up_then_hours_then_name(clinic, away):
    faculty = PersonType.FACULTY
    people = (
        *(Person(name, name[::-1], faculty, FacultyRole.CORE) for name in ("A", "Bz", "Cy", "Dx")),
        Person("E", "b", faculty, FacultyRole.OIC),
        Person("F", "c", faculty, FacultyRole.PD),
    )
    rows = [("A", "FC", 0, "AM"), ("Dx", "W", 0, "AM"), ("E", "GME", 2, "AM")]
    program = clinic(rows, [("FC", 0, "AM", 1)], people)
    (slot,) = substitutes(away(program, "A"), [person.id for person in people])
    # E and F are alone in their cohorts and cost no fairness; among the others somebody has to be the first.
    assert order(slot) == ["F", "E", "Cy", "Bz", "Dx"]
    (best, *_, last) = slot.substitutes
    assert (best.fairness_before, best.fairness_after) == (1, 1)
    assert last.fairness_after < last.fairness_before
    assert last.other_changes == 1


def test_call_is_not_given_to_who_is_on_leave_in_the_schedule_alone(clinic, away, night):
    """And somebody who is resting in every half-day of theirs is compared with nobody."""
    faculty = PersonType.FACULTY
    people = (
        Person("A", "A", faculty),
        Person("B", "B", faculty),
        Person("C", "C", faculty, active_from=day(0), active_to=day(1)),
        Person("D", "D", faculty),
    )
    rest = [("C", "PC", number, half) for number in (0, 1) for half in ("AM", "PM")]
    rows = [("B", "LV", 1, "AM"), ("D", "LV", 0, "PM"), *rest]
    program = clinic(rows, people=people, call_shifts=(night("A", 0),))
    (slot,) = substitutes(away(program, "A"), [person.id for person in people])
    assert order(slot) == ["C"]
    assert (slot.substitutes[0].cohort, slot.substitutes[0].fairness_before) == ("", None)
    assert out(slot) == {"B": "is on Leave", "D": "is on Leave"}


def test_a_violation_that_only_grows_counts_as_well(clinic, away, labels):
    """Y has broken the limits of the window before and goes farther beyond them."""
    worked = [("Y", "WD", number, half) for number in range(-11, 17) for half in ("AM", "PM")]
    rows = [row for row in worked if row[2:] != (3, "PM")] + [("X", "CL", 3, "PM")]
    case = away(clinic(rows, [("CL", 3, "PM", 1)]), "X", 3, 3)
    (slot,) = substitutes(case, labels)
    (mine,) = [each for each in slot.ruled_out if each.people == ("Y",)]
    assert (mine.kind, mine.rule) == ("duty_hours", "HOURS_80")


def test_a_new_warning_comes_last_and_is_told(clinic, away, night):
    """Y leaves the ward at 19:00, six hours before the call; V would be the less fair choice."""
    people = (*clinic([]).people, Person("V", "V", PersonType.RESIDENT))
    rows = [("Y", "WD", 0, "PM"), *(("V", "WD", number, "AM") for number in range(-9, -1))]
    program = clinic(rows, people=people, call_shifts=(night("X", 0, hours=6, at=25),))
    (slot,) = substitutes(away(program, "X", 1, 1), [person.id for person in people])
    assert order(slot) == ["V", "Y"]
    free, warned = slot.substitutes
    assert free.new_warnings == ()
    assert free.fairness_after - free.fairness_before < warned.fairness_after - warned.fairness_before
    assert any(each.startswith("REST_8: ") for each in warned.new_warnings)
    assert warned.acgme == f"new warning {'; '.join(warned.new_warnings)}"
    assert (warned.rest_before, warned.rest_after) == (6.0, None)
