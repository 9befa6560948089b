"""One plan for all gaps, and why what stays open cannot be closed."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from residency.program.records import Absence, Person
from residency.program.vocabulary import AbsenceType, FacultyRole, PersonType
from residency.scheduling.cover_plan import cover_plan, told_plan
from residency.scheduling.cover_report import cover_report
from residency.scheduling.problem import NOTHING
from residency.scheduling.repair import repair
from residency.scheduling.repaired import CallMove
from residency.scheduling.substitutes import substitutes

MONDAY = date(2026, 11, 30)
MORNING = 2
"""The first half-day away: the scope begins on the day before."""


def plan_of(case, labels):
    return cover_plan(case, labels, substitutes(case, labels))


def test_a_chain_of_moves_closes_what_nobody_could_close_alone(clinic, away, skilled, labels):
    """A's colposcopy needs B, whose clinic C can take."""
    rows = [("A", "CO", 0, "AM"), ("B", "FC", 0, "AM"), ("J", "AT", 0, "AM", "locked")]
    program = clinic(rows, [("CO", 0, "AM", 1), ("FC", 0, "AM", 1)], skilled("A", "B"))
    case = away(program, "A")
    (slot,) = substitutes(case, labels)
    assert slot.candidates == 0
    plan = plan_of(case, labels)
    assert {move.sentence for move in plan.moves} == {
        "B moves from Faculty clinic to Colposcopy on Mon 30 Nov AM.",
        "C, who is free, takes Faculty clinic on Mon 30 Nov AM.",
    }
    assert (plan.still_open, plan.blocking, plan.open_together) == ((), (), ())


def test_the_blocking_set_names_slots_people_and_who_is_ruled_out(clinic, away, skilled, labels):
    rows = [
        ("A", "CO", 0, "AM"),
        ("B", "CO", 0, "AM"),
        ("C", "FC", 0, "AM", "locked"),
        ("A", "FC", 0, "PM"),
    ]
    gone = Absence("J", MONDAY, MONDAY, AbsenceType.SICK)
    needs = [("CO", 0, "AM", 2), ("FC", 0, "AM", 1)]
    program = clinic(rows, needs, skilled("A", "B", "C", "J"), absences=(gone,))
    plan = plan_of(away(program, "A"), labels)
    (blocking,) = plan.blocking
    assert plan.still_open == ("Colposcopy, Mon 30 Nov AM",)
    assert (blocking.slots, blocking.people, blocking.missing) == (("Colposcopy",), ("B",), 1)
    assert blocking.sentence == (
        "Mon 30 Nov AM: the 2 slots of Colposcopy need 2 people, and only B could fill them. "
        "C is on Faculty clinic, which is locked; J is away on 30 Nov."
    )


def test_two_gaps_of_one_post_are_told_once_and_with_their_number(clinic, away, labels):
    rows = [("A", "CO", 0, "AM"), ("B", "CO", 0, "AM")]
    people = tuple(
        replace(each, credentials=("colposcopy",)) if each.id == "A" else each for each in clinic([]).people
    )
    program = clinic(rows[:1], [("CO", 0, "AM", 1)], people)
    plan = plan_of(away(program, "A"), labels)
    assert plan.still_open == ("Colposcopy, Mon 30 Nov AM",)
    (blocking,) = plan.blocking
    assert blocking.sentence == (
        "Mon 30 Nov AM: the slot of Colposcopy needs one person, and nobody could fill it."
    )


def overworked(*more):
    """Y and Z on the ward in every half-day but Monday morning."""
    days = [(number, half) for number in range(-11, 17) for half in ("AM", "PM")]
    return [(who, "WD", *when) for who in ("Y", "Z") for when in days if when != (0, "AM")] + list(more)


def test_a_rule_of_duty_hours_is_part_of_the_proof(clinic, away, labels):
    program = clinic(overworked(("X", "CL", 0, "AM")), [("CL", 0, "AM", 1)])
    plan = plan_of(away(program, "X"), labels)
    (blocking,) = plan.blocking
    assert blocking.people == ()
    rules = {each.rule for each in blocking.ruled_out}
    assert rules
    assert rules <= {"HOURS_80", "FREE_DAY", "CONTINUOUS_24_4"}
    assert "would break" in blocking.sentence
    assert {person for each in blocking.ruled_out for person in each.people} == {"Y", "Z"}


def test_so_is_an_attending_that_one_more_resident_would_need(clinic, away):
    resident = PersonType.RESIDENT
    people = (
        Person("A", "A", PersonType.FACULTY, FacultyRole.CORE),
        *(Person(name, name, resident) for name in ("X", "P", "Q", "R", "Z")),
    )
    rows = [
        ("A", "AT", 0, "AM", "supervising", "locked"),
        *((name, "CL", 0, "AM", "locked") for name in "PQR"),
    ]
    program = clinic([*rows, ("X", "CL", 0, "AM")], [("CL", 0, "AM", 4)], people)
    case, names = away(program, "X"), tuple(person.id for person in people)
    slots = substitutes(case, names)
    assert [each.kind for each in slots[0].ruled_out] == ["supervision", "work", "eligibility"]
    plan = plan_of(case, names)
    (blocking,) = plan.blocking
    assert blocking.ruled_out[0].rule == "SUPERVISION"
    assert "Z would need one more attending there" in blocking.sentence


def test_what_could_be_filled_alone_is_not_said_to_be_impossible(clinic, away, labels):
    """A plan that leaves a slot empty though somebody is free: no proof, and it says so."""
    program = clinic([("A", "FC", 0, "AM")], [("FC", 0, "AM", 1)])
    case = away(program, "A")
    found = repair(case.problem)
    lazy = replace(
        found,
        service=np.where(case.lost, NOTHING, case.problem.service_before),
        role=case.problem.role_left,
        unfilled=case.problem.unfilled(case.problem.service_left, case.problem.role_left),
    )
    plan = told_plan(case, lazy, labels, substitutes(case, labels))
    assert plan.still_open == ("Faculty clinic, Mon 30 Nov AM",)
    assert (plan.blocking, plan.open_together) == ((), ("Mon 30 Nov AM",))
    two = replace(lazy, unfilled=2 * lazy.unfilled)
    assert told_plan(case, two, labels, ()).still_open == ("2 x Faculty clinic, Mon 30 Nov AM",)


def test_who_is_taken_off_work_is_told_too(clinic, away, labels):
    case = away(clinic([("A", "FC", 0, "AM"), ("B", "GME", 0, "AM")], [("FC", 0, "AM", 1)]), "A")
    found = repair(case.problem)
    service = np.where(case.lost, NOTHING, case.problem.service_before)
    service[1, MORNING] = NOTHING
    told = told_plan(case, replace(found, service=service), labels, substitutes(case, labels))
    assert [move.sentence for move in told.moves if move.person == "B"] == [
        "B leaves Administration on Mon 30 Nov AM, with nothing instead."
    ]


def test_call_is_handed_over_or_proven_to_stay_open(clinic, away, night, labels):
    case = away(clinic([], call_shifts=(night("A", 0), night("B", 5))), "A")
    slots = substitutes(case, labels)
    found = repair(case.problem)
    taken = told_plan(case, replace(found, calls=(CallMove(0, 1),)), labels, slots)
    assert [move.sentence for move in taken.moves] == ["B takes the overnight call, the night of Mon 30 Nov."]
    assert taken.still_open == ()
    left = told_plan(case, replace(found, calls=(CallMove(0, None),)), labels, slots)
    assert left.still_open == left.open_together == ("overnight call, the night of Mon 30 Nov",)
    gone = tuple(Absence(who, MONDAY, MONDAY, AbsenceType.SICK) for who in ("B", "C"))
    nobody = away(clinic([], call_shifts=(night("A", 0),), absences=gone), "A")
    plan = plan_of(nobody, labels)
    (blocking,) = plan.blocking
    assert blocking.sentence == (
        "overnight call, the night of Mon 30 Nov: nobody could take it. B and C are away on 30 Nov."
    )


def test_attendings_who_were_missing_before_are_no_gap_of_the_absence(clinic, away, labels):
    residents = [(name, "CL", 0, "AM", "locked") for name in ("X", "Y", "Z")]
    busy = [(name, "FC", 0, "AM", "locked") for name in ("B", "C", "J")]
    elsewhere = [("B", "AT", 1, "AM", "supervising"), ("A", "GME", 0, "AM")]
    plan = plan_of(away(clinic([*residents, *busy, *elsewhere]), "A"), labels)
    assert plan.still_open == ()


def test_a_report_names_people_as_asked_for(clinic, away):
    case = away(clinic([("A", "FC", 0, "AM")], [("FC", 0, "AM", 1)]), "A")
    inside, outside = cover_report(case, naming="id"), cover_report(case, naming="pseudonym")
    assert (inside.person, outside.person) == ("A", "p-A")
    assert {each.person for each in outside.slots[0].substitutes} == {"p-B", "p-C", "J"}
    assert (inside.window_start, inside.rule_set) == (date(2026, 11, 19), "acgme-2017")
    assert inside.last - inside.start == timedelta(0)


def test_slots_that_share_one_person_are_proven_together(clinic, away, labels):
    """Y may change from the ward to the clinic, but Z breaks a rule on either."""
    busy = [row for row in overworked() if row[0] == "Z"]
    attending = ("A", "AT", 0, "AM", "supervising", "locked")
    rows = [*busy, ("X", "CL", 0, "AM"), ("Y", "WD", 0, "AM"), attending]
    plan = plan_of(away(clinic(rows, [("CL", 0, "AM", 1), ("WD", 0, "AM", 1)]), "X"), labels)
    (blocking,) = plan.blocking
    assert (blocking.slots, blocking.people, blocking.missing) == (("Clinic", "Ward"), ("Y",), 1)
    assert blocking.sentence.startswith(
        "Mon 30 Nov AM: the 2 slots of Clinic and Ward need 2 people, and only Y could fill them. "
        "Z would break "
    )


def test_a_resident_for_whom_there_is_an_attending_could_fill_the_slot(clinic, away, labels):
    rows = [("X", "CL", 0, "AM"), ("A", "AT", 0, "AM", "supervising")]
    case = away(clinic(rows, [("CL", 0, "AM", 1)]), "X")
    left = case.problem.service_left, case.problem.role_left
    lazy = replace(repair(case.problem), service=left[0], role=left[1], unfilled=case.problem.unfilled(*left))
    plan = told_plan(case, lazy, labels, substitutes(case, labels))
    assert (plan.blocking, plan.open_together) == ((), ("Mon 30 Nov AM",))
