"""Conflicts of random schedules against plain loops over half-days, and what taking an absence away cures."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from residency.program.calendar import Period
from residency.program.eligibility import ineligibility
from residency.program.records import ROLES
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    ConflictType,
    CoverageRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.quality.conflicts import detect_conflicts

ZONE = "Pacific/Honolulu"
EFFECTIVE = {AbsenceStatus.APPROVED, AbsenceStatus.CONFIRMED}
OWED = {AbsenceType.DEPLOYMENT: 7, AbsenceType.CONVALESCENT: 3}
ELSEWHERE = {"conference", "deployment", "tdy", "pcs", "training", "military_duty"}
JUDGED = set(ConflictType) - {ConflictType.CALL_CASCADE}


class Plain:
    """The same questions asked of one half-day at a time."""

    def __init__(self, program, days):
        self.program, self.days = program, days
        self.people = {person.id: person for person in program.people}
        self.services = {service.abbreviation: service for service in program.services}
        self.pgy = {(level.person, level.academic_year): level.pgy for level in program.pgy_levels}
        rows = program.assignments
        self.rows = {
            (program.people[person].id, day, Half.PM if half else Half.AM): (
                program.services[service],
                ROLES[role],
            )
            for person, service, day, half, role in zip(
                rows.person.tolist(),
                rows.service.tolist(),
                rows.day.tolist(),
                rows.half.tolist(),
                rows.role.tolist(),
                strict=True,
            )
        }
        self.absences = list(dict.fromkeys(each for each in program.absences if each.status in EFFECTIVE))

    def slots(self):
        for offset in range(self.days.days):
            for half in Half:
                yield self.days.start + timedelta(days=offset), half

    @staticmethod
    def within(absence, day, half):
        if day == absence.start_date and half is Half.AM and absence.start_half is Half.PM:
            return False
        if day == absence.end_date and half is Half.PM and absence.end_half is Half.AM:
            return False
        return absence.start_date <= day <= absence.end_date

    def owed(self, absence, day, half):
        last = absence.end_date + timedelta(days=OWED.get(absence.type, 0))
        longer = replace(absence, end_date=last)
        return self.within(longer, day, half) and not self.within(absence, day, half)

    def resting(self, person, day, half):
        """Post-call rest, or call itself, at the start of a half-day; 14 h after 24 h of it, else 8."""
        at = datetime.combine(day, time(7 if half is Half.AM else 13), ZoneInfo(ZONE))
        shifts = sorted(
            (s.start, s.end) for s in self.program.call_shifts if s.person == person and s.in_house
        )
        merged = []
        for start, end in shifts:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(end, merged[-1][1])
            else:
                merged.append([start, end])
        hours = [
            (start, end + timedelta(hours=14 if end - start >= timedelta(hours=24) else 8))
            for start, end in merged
        ]
        return any(start <= at < end for start, end in hours)

    def employed(self, person, day):
        who = self.people[person]
        return (who.active_from is None or who.active_from <= day) and (
            who.active_to is None or day <= who.active_to
        )

    def would_be_present(self, person, day, half):
        held = self.rows.get((person, day, half))
        recovering = held is not None and held[0].kind in {ServiceKind.RECOVERY, ServiceKind.ABSENCE}
        return self.employed(person, day) and not self.resting(person, day, half) and not recovering

    def present(self, person, day, half):
        gone = any(
            self.within(a, day, half) or self.owed(a, day, half) for a in self.absences if a.person == person
        )
        return self.would_be_present(person, day, half) and not gone

    def may(self, person, service, role, day):
        return ineligibility(self.people[person], service, role, self.pgy.get((person, day.year), 2)) is None

    def minimum(self, service, role, day, half):
        """Of a day that is an ordinary one; None where nothing is asked for in all the days."""
        asked = [
            row for row in self.program.coverage if (row.service, row.role) == (service.abbreviation, role)
        ]
        if not asked:
            return None
        return sum(row.minimum for row in asked if (row.day, row.half) == (day, half))

    def holders(self, service, role, day, half):
        return [
            person
            for (person, on, part), held in self.rows.items()
            if (on, part) == (day, half)
            and held == (service, role)
            and self.may(person, service, role, day)
            and self.present(person, day, half)
        ]

    def conflicts(self):
        found = Counter()
        for absence in self.absences:
            for day, half in self.slots():
                self.at(absence, day, half, found)
            self.of_call(absence, found)
            self.of_skills(absence, found)
            self.of_crowds(absence, found)
        self.of_weeks(found)
        self.of_offsite_call(found)
        return found

    def at(self, absence, day, half, found):
        person = absence.person
        held = self.rows.get((person, day, half))
        away, owed = self.within(absence, day, half), self.owed(absence, day, half)
        eve = self.rows.get((person, day, Half.PM))
        if (
            half is Half.PM
            and day + timedelta(1) == absence.start_date
            and eve
            and eve[0].kind is ServiceKind.CALL
        ):
            found["leave_call_overlap", absence, day, half, eve[0].abbreviation] += 1
        if held is None or not (away or owed):
            return
        service, role = held
        duty = service.kind not in {ServiceKind.OFF, ServiceKind.RECOVERY, ServiceKind.ABSENCE}
        faculty = self.people[person].type is PersonType.FACULTY
        if away and service.kind is ServiceKind.INPATIENT and faculty and role is not CoverageRole.BACKUP:
            week = day
            while week.weekday() != 4:
                week -= timedelta(days=1)
            found["leave_fmit_overlap", absence, week, None, service.abbreviation] = 1
        elif away and service.kind is ServiceKind.CALL:
            found["leave_call_overlap", absence, day, half, service.abbreviation] += 1
        elif away and duty:
            found["leave_assignment_overlap", absence, day, half, service.abbreviation] += 1
        if owed and duty:
            found["recovery_violation", absence, day, half, service.abbreviation] += 1
        if away and duty and absence.type in ELSEWHERE:
            found["external_commitment", absence, None, None, ""] = 1
        if not self.would_be_present(person, day, half):
            return
        if self.may(person, service, role, day):
            minimum = self.minimum(service, role, day, half)
            if minimum is not None and len(self.holders(service, role, day, half)) < minimum:
                name = service.name if role is CoverageRole.PRIMARY else f"{service.name} ({role})"
                found["coverage_gap", absence, day, half, name] += 1
        if faculty and role is CoverageRole.SUPERVISING and self.people[person].fte > 0:
            place = service.clinic_location or "clinic"
            if self.attendings_missing(place, day, half):
                found["supervision_deficit", absence, day, half, place] += 1

    def attendings_missing(self, place, day, half):
        units = there = 0
        for (person, on, part), (service, role) in self.rows.items():
            if (on, part) != (day, half) or (service.clinic_location or "clinic") != place:
                continue
            if not self.present(person, day, half):
                continue
            who = self.people[person]
            if who.type is PersonType.RESIDENT and service.needs_supervision:
                units += 2 if self.pgy.get((person, day.year), 2) == 1 else 1
            if who.type is PersonType.FACULTY and role is CoverageRole.SUPERVISING and who.fte > 0:
                there += 1
        return units > 4 * there

    def of_call(self, absence, found):
        zone = ZoneInfo(ZONE)
        eve = datetime.combine(absence.start_date - timedelta(days=1), time(19), zone)
        if absence.end_half is Half.AM:
            back = datetime.combine(absence.end_date, time(13), zone)
        else:
            back = datetime.combine(absence.end_date + timedelta(days=1), time(), zone)
        rested = back + timedelta(days=OWED.get(absence.type, 0))
        for shift in self.program.call_shifts:
            night = shift.start.astimezone(zone).date()
            if shift.person != absence.person or night not in self.days:
                continue
            if shift.start < back and shift.end > eve:
                found["leave_call_overlap", absence, night, None, f"{shift.kind} call"] += 1
            elif back <= shift.start < rested:
                found["recovery_violation", absence, night, None, f"{shift.kind} call"] += 1

    def of_skills(self, absence, found):
        for day, half in self.slots():
            if not (self.within(absence, day, half) or self.owed(absence, day, half)):
                continue
            for service in self.program.services:
                skills = []
                if service.required_specialty:
                    skills.append(f"the specialty {service.required_specialty}")
                if service.required_credential:
                    skills.append(f"the credential {service.required_credential}")
                for role in CoverageRole if skills else ():
                    if not self.minimum(service, role, day, half):
                        continue
                    able = [person for person in self.people if self.may(person, service, role, day)]
                    if (
                        absence.person in able
                        and self.would_be_present(absence.person, day, half)
                        and not any(self.present(person, day, half) for person in able)
                    ):
                        found["sole_provider_loss", absence, None, None, " and ".join(skills)] = 1

    def cohort(self, person, day):
        who = self.people[person]
        if who.type is PersonType.RESIDENT:
            return f"PGY-{self.pgy.get((person, day.year), 2)}"
        return f"faculty {who.faculty_role}" if who.faculty_role else "faculty"

    def of_crowds(self, absence, found):
        for day, half in self.slots():
            if not self.within(absence, day, half) or not self.employed(absence.person, day):
                continue
            cohort = self.cohort(absence.person, day)
            fellows = [p for p in self.people if self.cohort(p, day) == cohort and self.employed(p, day)]
            gone = {a.person for a in self.absences if self.within(a, day, half)} & set(fellows)
            if len(gone) >= 2 and 4 * len(gone) > len(fellows):
                found["simultaneous_leave", absence, None, None, cohort] = 1

    def of_weeks(self, found):
        for person, who in self.people.items():
            days = Counter()
            for on, service in {
                (on, held[0].abbreviation)
                for (of, on, _), held in self.rows.items()
                if of == person
                and held[0].kind is ServiceKind.INPATIENT
                and held[1] is not CoverageRole.BACKUP
            }:
                days[on - timedelta(days=(on.weekday() + 3) % 7), service] += 1
            if who.type is not PersonType.FACULTY:
                continue
            weeks = sorted({week for (week, _), count in days.items() if count > 3})
            short = 0
            for former, later in pairwise(weeks):
                seen = later < self.days.end and later + timedelta(days=6) >= self.days.start
                if later - former < timedelta(days=14) and seen:
                    found["back_to_back", person, later, None, ""] += 1
                short += timedelta(days=8) <= later - former <= timedelta(days=21)
            assert short < 3, "five weeks have room for two such gaps alone"

    def of_offsite_call(self, found):
        for (person, day, half), (service, _) in self.rows.items():
            if not service.offsite or day not in self.days:
                continue
            start = datetime.combine(day, time(7 if half is Half.AM else 13), ZoneInfo(ZONE))
            for shift in self.program.call_shifts:
                mine = shift.person == person and shift.in_house
                if mine and shift.start < start + timedelta(hours=6) and start < shift.end:
                    found["external_commitment", person, day, half, service.abbreviation] += 1


def told(conflict):
    when = conflict.slot.day if conflict.slot else conflict.week_start
    return (
        conflict.type.value,
        conflict.absence or conflict.person,
        when,
        conflict.slot.half if conflict.slot else None,
        conflict.subject,
    )


def detected(program, days, extent):
    return detect_conflicts(program, Snapshot.of(program, extent), days, types=JUDGED)


@given(seed=st.integers(0, 2**32), first=st.integers(0, 4), length=st.integers(1, 21))
def test_conflicts_are_those_that_plain_loops_find(random_world, four_weeks, seed, first, length):
    extent = Period.horizon(four_weeks.start, 21)
    program = random_world(seed, extent)
    days = Period.horizon(extent.start + timedelta(days=first), min(length, 21 - first))
    assert Counter(map(told, detected(program, days, extent))) == Plain(program, days).conflicts()


def test_the_random_schedules_have_conflicts_of_every_kind(random_world, four_weeks):
    """Otherwise the comparison would prove nothing."""
    extent = Period.horizon(four_weeks.start, 21)
    found = Counter()
    for seed in range(40):
        found.update({conflict.type for conflict in detected(random_world(seed, extent), extent, extent)})
    assert set(found) == JUDGED - {ConflictType.EXCESSIVE_ALTERNATING}
    assert min(found.values()) >= 4, found


@given(seed=st.integers(0, 2**32), chosen=st.integers(0, 50))
def test_taking_an_absence_away_cures_what_it_caused(random_world, four_weeks, seed, chosen):
    """No conflict of it stays, and each slot and place that it left short gets exactly one person back."""
    extent = Period.horizon(four_weeks.start, 21)
    program = random_world(seed, extent)
    alone = [
        each
        for each in program.absences
        if sum(other.person == each.person and other.status in EFFECTIVE for other in program.absences) == 1
    ]
    if not alone:
        return
    absence = alone[chosen % len(alone)]
    cured = replace(program, absences=tuple(each for each in program.absences if each is not absence))
    before, after = Snapshot.of(program, extent), Snapshot.of(cured, extent)
    left = detect_conflicts(cured, after, extent, types=JUDGED)
    assert all(conflict.absence != absence for conflict in left)
    for conflict in detect_conflicts(program, before, extent, types=JUDGED):
        if conflict.absence != absence:
            continue
        if conflict.type is ConflictType.COVERAGE_GAP:
            post = [before.post_label(each) for each in range(len(before.post_service))].index(
                conflict.subject
            )
            block = 2 * (conflict.slot.day - extent.start).days + (conflict.slot.half is Half.PM)
            assert after.filled[post, block] == before.filled[post, block] + 1
        if conflict.type is ConflictType.SUPERVISION_DEFICIT:
            place = before.locations.index(conflict.subject)
            block = 2 * (conflict.slot.day - extent.start).days + (conflict.slot.half is Half.PM)
            assert after.supervisors[place, block] == before.supervisors[place, block] + 1
