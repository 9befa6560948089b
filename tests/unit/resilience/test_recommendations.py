"""Every gain that a recommendation promises, against solving the schedule again with the step taken."""

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CoverageRequirement,
    Person,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, CoverageRole, Half, PersonType, ServiceKind
from residency.resilience.contingency import analyze
from residency.resilience.cross_training import (
    best_backup,
    best_second_supervisor,
    best_training,
    idle,
    training_gains,
)
from residency.resilience.losses import single_losses
from residency.resilience.phase_transition import PhaseInputs
from residency.resilience.reassignment import vacated_posts

MONDAY = date(2026, 3, 2)
WEEK = Period.horizon(MONDAY, 7)
SUPERVISING = CoverageRole.SUPERVISING


def attending(name, *specialties):
    return Person(name, name, PersonType.FACULTY, specialties=specialties)


def assigned(*rows):
    """Rows (person, service, half-day[, role]) by position as columns."""
    full = [(*row, CoverageRole.PRIMARY)[:4] for row in rows]
    person, service, block, role = zip(*full, strict=True) if full else ([],) * 4
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.datetime64(MONDAY, "D") + np.array(block, np.int64) // 2,
        half=(np.array(block, np.int64) % 2).astype(np.int8),
        role=np.array([ROLE_CODES[name] for name in role], np.int8),
        source=np.zeros(len(full), np.int8),
        locked=np.zeros(len(full), np.bool_),
    )


def mornings(service, minimum=1):
    return tuple(CoverageRequirement(service, Half.AM, minimum, weekday=day) for day in range(7))


SCOPE = Service("SC", "Colposcopy", ServiceKind.PROCEDURE, required_specialty="gyn")
HEART = Service("HE", "Echo", ServiceKind.PROCEDURE, required_specialty="heart")
CLINIC = Service("CL", "Clinic", ServiceKind.OUTPATIENT, needs_supervision=True)


def steps(program, kind, period=WEEK, **options):
    report = analyze(Snapshot.of(program, period), **options)
    return [step for step in report.recommendations if step.kind == kind]


def only_ann():
    """Ann alone may do colposcopy, every morning; Bea is away for three days, Cyd is free."""
    return Program(
        "UTC",
        people=(attending("Ann", "gyn"), attending("Bea"), attending("Cyd")),
        services=(SCOPE,),
        coverage=mornings("SC"),
        assignments=assigned(*((0, 0, block) for block in range(0, 14, 2))),
        absences=(Absence("Bea", MONDAY, MONDAY + timedelta(days=2), AbsenceType.TDY),),
    )


def test_the_best_person_to_train_is_named_with_service_and_gain():
    (step,) = steps(only_ann(), "cross_train")
    assert (step.people, step.service, step.gain) == (("Cyd",), "SC", 7)
    assert step.sentence.startswith(
        "Train Cyd for Colposcopy: when Ann is away, all 7 slots that nobody else"
    )


def test_a_training_that_saves_only_some_slots_says_how_many():
    program = replace(only_ann(), people=only_ann().people[:2])
    (step,) = steps(program, "cross_train")
    assert (step.people, step.gain) == (("Bea",), 4)
    assert "when Ann is away, 4 of the 7 slots that nobody else can fill" in step.sentence


def test_labels_stand_in_every_sentence():
    for step in analyze(Snapshot.of(only_ann(), WEEK), labels=["L1", "L2", "L3"]).recommendations:
        assert not any(name in step.sentence for name in ("Ann", "Bea", "Cyd"))


def test_nobody_to_train_is_said():
    program = replace(only_ann(), people=only_ann().people[:1], absences=())
    (step,) = steps(program, "cross_train")
    assert (step.people, step.gain, step.service) == (("Ann",), 0, None)
    assert step.sentence.startswith(
        "Nobody in the program could be trained to stand in for Ann (Colposcopy): nobody lacks only a spec"
    )


def test_people_who_are_needed_elsewhere_are_not_proposed():
    program = replace(
        only_ann(),
        people=(attending("Ann", "gyn"), attending("Bea", "heart"), attending("Cyd", "heart")),
        services=(SCOPE, HEART),
        coverage=mornings("SC") + mornings("HE", minimum=2),
    )
    first = steps(program, "cross_train")[0]
    assert "away or needed elsewhere" in first.sentence


def small_program(seed):
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    skills = ("gyn", "heart", "skin")
    people = tuple(
        attending(f"p{n}", *rng.sample(skills, rng.choice([0, 1, 1, 2]))) for n in range(rng.randint(3, 7))
    )
    services = tuple(
        Service(f"S{n}", f"S{n}", ServiceKind.OUTPATIENT, required_specialty=rng.choice([None, *skills]))
        for n in range(rng.randint(2, 4))
    )
    coverage = tuple(
        CoverageRequirement(service.abbreviation, half, rng.choice([0, 1, 1, 2]), weekday=0, role=role)
        for service in services
        for half in Half
        for role in rng.sample([CoverageRole.PRIMARY, SUPERVISING], rng.choice([1, 1, 2]))
    )
    held = [
        (person, rng.randrange(len(services)), block, rng.choice([CoverageRole.PRIMARY, SUPERVISING]))
        for person in range(len(people))
        for block in range(2)
        if rng.random() < 0.6
    ]
    return Program("UTC", people, (), services, coverage, assigned(*held))


def shortage(snapshot, eligible, block, lost, demand=None):
    """Kuhn's algorithm over single slots, with the eligibility given; shape (posts, people)."""
    demand = snapshot.demand[:, block].tolist() if demand is None else demand
    slots = [post for post, count in enumerate(demand) for _ in range(count)]
    holder = {}

    def seat(person, tried):
        for slot, post in enumerate(slots):
            if slot not in tried and eligible[post, person]:
                tried.add(slot)
                if slot not in holder or seat(holder[slot], tried):
                    holder[slot] = person
                    return True
        return False

    here = [p for p in np.flatnonzero(snapshot.available[:, block]).tolist() if p != lost]
    return len(slots) - sum(seat(person, set()) for person in here)


def trained(snapshot, service, person):
    eligible = snapshot.eligible[0].copy()
    posts = snapshot.post_service == service
    eligible[posts, person] |= snapshot.trainable[0, posts, person]
    return eligible


def test_training_gains_equal_solving_again_with_the_person_trained():
    helped = useless = 0
    for seed in range(250):
        snapshot = Snapshot.of(small_program(seed), Period.horizon(MONDAY, 1))
        losses = single_losses(snapshot)
        rank = np.arange(snapshot.people)
        for lost in np.flatnonzero(losses.reassigned).tolist():
            gains = training_gains(losses, lost)
            blocks = np.flatnonzero(losses.reassignment.essential[lost]).tolist()
            before = sum(shortage(snapshot, snapshot.eligible[0], block, lost) for block in blocks)
            for service in range(len(snapshot.service_ids)):
                for person in range(snapshot.people):
                    eligible = trained(snapshot, service, person)
                    after = sum(shortage(snapshot, eligible, block, lost) for block in blocks)
                    assert gains[service, person] == before - after
            best = best_training(losses, lost, rank)
            assert (best.gain if best else 0) == gains.max()
            helped += bool(best and best.gain)
            useless += best is not None and best.person is None
    assert helped > 50
    assert useless > 20


def test_vacated_posts_are_short_when_the_person_is_lost():
    moved = kept = 0
    for seed in range(400):
        snapshot = Snapshot.of(small_program(seed), Period.horizon(MONDAY, 1))
        losses = single_losses(snapshot)
        for lost in np.flatnonzero(losses.reassigned).tolist():
            vacated = vacated_posts(snapshot, losses.reassignment, lost)
            blocks = np.flatnonzero(losses.reassignment.essential[lost]).tolist()
            assert [block for block, _ in vacated] == blocks
            for block, post in vacated:
                demand = snapshot.demand[:, block].tolist()
                demand[post] -= 1
                base = losses.reassignment.shortage[block]
                assert snapshot.eligible[0, post, lost]
                assert shortage(snapshot, snapshot.eligible[0], block, lost, demand) == base
                row = (snapshot.assignment_person == lost) & (snapshot.assignment_block == block)
                own = snapshot.assignment_post[row & snapshot.assignment_counts]
                moved += own.tolist() != [post]
                kept += own.tolist() == [post]
    assert moved > 50
    assert kept > 50


def test_pairs_are_kept_apart_on_the_dates_that_hurt():
    """Ann and Bea do colposcopy; Cyd may too, but is away on Tuesday and Thursday."""
    program = Program(
        "UTC",
        people=(attending("Ann", "gyn"), attending("Bea", "gyn"), attending("Cyd", "gyn")),
        services=(SCOPE,),
        coverage=mornings("SC"),
        absences=tuple(
            Absence("Cyd", day, day, AbsenceType.VACATION)
            for day in (MONDAY + timedelta(days=1), MONDAY + timedelta(days=3))
        ),
    )
    (step,) = steps(program, "separate_days")
    assert step.people == ("Ann", "Bea")
    assert step.days == (date(2026, 3, 3), date(2026, 3, 5))
    assert step.gain == 2
    assert step.sentence == (
        "Do not let Ann and Bea be away together on Tue 3 Mar, Thu 5 Mar: either can be replaced alone, "
        "together they leave 2 slots that nobody can cover."
    )


def two_supervisors():
    """Six residents on Monday morning need two attendings, three are there; Dee has nothing to do."""
    residents = tuple(Person(f"R{n}", f"R{n}", PersonType.RESIDENT) for n in range(6))
    held = [(n, 0, 0) for n in range(6)] + [(6 + n, 0, 0, SUPERVISING) for n in range(3)]
    return Program(
        "UTC",
        people=(*residents, attending("Ann"), attending("Bea"), attending("Cyd"), attending("Dee")),
        services=(CLINIC,),
        assignments=assigned(*held),
    )


def test_supervisors_are_kept_apart_too():
    found = steps(two_supervisors(), "separate_days")
    assert {step.people for step in found} == {("Ann", "Bea"), ("Ann", "Cyd"), ("Bea", "Cyd")}
    assert {(step.days, step.gain) for step in found} == {((MONDAY,), 1)}


def test_an_idle_attending_is_named_as_second_supervisor():
    program = replace(two_supervisors(), assignments=two_supervisors().assignments.take(np.arange(8)))
    second = [step for step in steps(program, "train_backup") if "second supervisor" in step.sentence]
    assert [(step.people, step.gain) for step in second] == [(("Cyd", "Ann"), 1), (("Cyd", "Bea"), 1)]


def test_no_idle_attending_is_said():
    program = two_supervisors()
    program = replace(program, people=program.people[:8], assignments=program.assignments.take(np.arange(8)))
    assert all(step.sentence.startswith("No other attending") for step in steps(program, "train_backup"))
    losses = single_losses(Snapshot.of(program, WEEK))
    free = idle(losses.snapshot)
    assert best_second_supervisor(losses, 6, free, np.arange(8)) == (None, 0)


def test_a_backup_who_may_do_it_comes_before_one_who_needs_training():
    program = replace(
        only_ann(), people=(attending("Ann", "gyn"), attending("Bob"), attending("Cyd", "gyn")), absences=()
    )
    (step,) = steps(program, "train_backup")
    assert (step.people, step.gain) == (("Cyd", "Ann"), 7)
    assert step.sentence.startswith(
        "Name Cyd as backup: Ann is the only one assigned to Colposcopy in 7 half"
    )


def test_a_backup_is_trained_when_nobody_may_do_it():
    (step,) = steps(only_ann(), "train_backup")
    assert (step.people, step.gain) == (("Cyd", "Ann"), 7)
    assert step.sentence.startswith("Train Cyd as backup")


def test_backups_must_be_idle():
    busy = [(0, 0, block) for block in range(0, 14, 2)] + [(n, 0, b) for n in (1, 2) for b in range(14)]
    program = replace(only_ann(), assignments=assigned(*busy))
    (step,) = steps(program, "train_backup")
    assert (step.people, step.gain) == (("Ann",), 0)
    assert "nobody who may do it or could learn it is free then" in step.sentence
    snapshot = Snapshot.of(program, WEEK)
    backup = best_backup(snapshot, 0, idle(snapshot), np.arange(3))
    assert (backup.person, backup.slots, backup.gain) == (None, 7, 0)
    assert best_backup(snapshot, 1, idle(snapshot), np.arange(3)) is None


def test_load_is_cut_when_the_risk_is_high():
    """Ann works in all of her 7 half-days: 80 % are 5."""
    afternoons_away = tuple(
        Absence("Ann", day, day, AbsenceType.CONFERENCE, start_half=Half.PM, end_half=Half.PM)
        for day in (MONDAY + timedelta(days=n) for n in range(7))
    )
    program = replace(only_ann(), absences=afternoons_away)
    (step,) = steps(program, "cut_load", phase=PhaseInputs(utilization=0.9))
    assert (step.people, step.gain) == (("Ann",), 2)
    assert "take 2 half-days of duty off Ann" in step.sentence
    assert "the risk of tipping over is high" in step.sentence


def test_load_is_left_alone_when_the_risk_is_not_high():
    idle_faculty = replace(only_ann(), assignments=assigned())
    assert steps(idle_faculty, "cut_load", phase=PhaseInputs(utilization=0.9)) == []


def test_load_without_overloaded_people_names_what_can_wait():
    phase = PhaseInputs(utilization=0.9, changes_last_7_days=30)
    (step,) = steps(replace(only_ann(), assignments=assigned()), "cut_load", phase=phase)
    assert step.people == ()
    assert "put off what can wait" in step.sentence


def test_a_sound_program_needs_no_step():
    program = Program("UTC", people=(attending("Ann"),), services=(CLINIC,))
    assert analyze(Snapshot.of(program, WEEK)).recommendations == ()
