"""The sheets of a bundle: one row model each, the source of columns, defaults, types and documentation."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from residency.importing.cells import (
    Abbreviation,
    AcademicYear,
    Clock,
    Count,
    Day,
    DemandedRole,
    Email,
    Flag,
    Hours,
    Identifier,
    Instant,
    LoadCategory,
    Pgy,
    Share,
    Text,
    Weekday,
    WeeklyLimit,
    Words,
)
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    ActivityClass,
    AssignmentSource,
    CallKind,
    CoverageRole,
    DayType,
    DutySetting,
    FacultyRole,
    Half,
    Moonlighting,
    PersonType,
    ServiceKind,
    UserRole,
)


class SheetRow(BaseModel):
    """One row of a sheet; a field's alias, or else its name, is its column."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


def _required(meaning: str, example: str, alias: str | None = None) -> Any:  # noqa: ANN401 - as pydantic.Field
    return Field(alias=alias, description=meaning, examples=[example])


def _optional(
    meaning: str,
    example: str = "",
    default: Any = None,  # noqa: ANN401 - as pydantic.Field
    otherwise: str = "",
) -> Any:  # noqa: ANN401 - as pydantic.Field
    """A column that may be missing or empty; ``otherwise`` says what holds when no fixed default does."""
    return Field(
        default=default,
        description=meaning,
        examples=[example] if example else None,
        json_schema_extra={"otherwise": otherwise} if otherwise else None,
    )


class PersonLine(SheetRow):
    """Residents, faculty and learners."""

    id: Identifier = _required("The id that every other sheet uses.", "R01")
    name: Text | None = _optional("Shown inside the application only.", "Resident 01", otherwise="the id")
    type: PersonType = _required("What the person is; learners never count as cover.", "resident")
    pgy: Pgy | None = _optional(
        "Post-graduate year of a resident in the academic year of the bundle's first assignment; without "
        "any date in the bundle, in the current one. Other years go into academic_years.",
        "2",
        otherwise="unknown, judged as 2",
    )
    faculty_role: FacultyRole | None = _optional("Office of a faculty member.", "core")
    fte: Share = _optional("Share of full time; 0 never counts as cover.", "0.8", default=1.0)
    specialties: Words = _optional("Specialties a service may require.", "sports_medicine", default=())
    credentials: Words = _optional(
        "Procedures the person may perform or supervise.", "colposcopy;vasectomy", default=()
    )
    email: Email | None = _optional("Address, unique among people.", "r01@example.org")
    performs_procedures: Flag = _optional("Whether the person does procedures.", "true", default=False)
    active_from: Day | None = _optional("First day in the program.", "2026-07-01", otherwise="always")
    active_to: Day | None = _optional("Last day in the program.", "2029-06-30", otherwise="always")
    pseudonym: Identifier | None = _optional(
        "Stands for the person outside the application, unique.",
        "R-7KQ2",
        otherwise="chosen at random at the first import and kept",
    )


class AcademicYearLine(SheetRow):
    """PGY in further academic years."""

    person: Identifier = _required("Id of a resident.", "R01")
    academic_year: AcademicYear = _required("1 July to 30 June, named by its first calendar year.", "2027")
    pgy: Pgy = _required("Post-graduate year in that academic year.", "3")


class ServiceLine(SheetRow):
    """What people are assigned to."""

    abbreviation: Abbreviation = _required("The code that every other sheet uses.", "COLP")
    name: Text | None = _optional("Full name, unique.", "Colposcopy clinic", otherwise="the abbreviation")
    kind: ServiceKind = _required("What kind of work, or absence from work, it is.", "procedure")
    load_category: LoadCategory | None = _optional(
        "Protection when load is shed: 1 patient safety, 2 ACGME requirements, 3 continuity of care, "
        "4 core education, 5 research, 6 administration, 7 optional education.",
        "3",
        otherwise="by kind: inpatient, call and night_float 1; outpatient and procedure 3; education 4; "
        "research 5; administration 6; off, recovery and absence 7",
    )
    hours_am: Hours = _optional("Planned hours of a morning.", "4", default=6.0)
    hours_pm: Hours = _optional("Planned hours of an afternoon.", "4", default=6.0)
    start_am: Clock = _optional("Local start of the morning.", "08:00", default=time(7))
    start_pm: Clock = _optional("Local start of the afternoon.", "13:00", default=time(13))
    night_hours: Hours | None = _optional(
        "Hours of a night, which begins at 19:00.", "12", otherwise="no nights; 12 for a night float"
    )
    required_type: PersonType | None = _optional("Only people of this type count.", "faculty")
    required_role: FacultyRole | None = _optional("Only faculty of this role count.", "sports_med")
    required_specialty: Text | None = _optional("Only people with this specialty count.", "sports_medicine")
    required_credential: Text | None = _optional("Only people with this credential count.", "colposcopy")
    min_pgy: Pgy | None = _optional("Lowest PGY of a resident who counts.", "2")
    needs_supervision: Flag = _optional(
        "Whether residents on it need supervising faculty.", "true", default=False
    )
    supervision_units_pgy1: Count = _optional(
        "Supervision units of a PGY-1; four need one attending.", "2", default=2
    )
    supervision_units_other: Count = _optional("Supervision units of another resident.", "1", default=1)
    procedure_units: Count = _optional("Units that each procedure slot adds.", "4", default=0)
    leave_eligible: Flag | None = _optional(
        "Whether leave may be taken from it.", "true", otherwise="true, false for inpatient services"
    )
    inpatient: Flag | None = _optional(
        "Whether it is ward work.", "true", otherwise="true for kind inpatient, else false"
    )
    offsite: Flag = _optional("Whether it is elsewhere.", "true", default=False)
    clinic_location: Text | None = _optional(
        "Where it is supervised.", "North clinic", otherwise="one location for all"
    )


class CoverageLine(SheetRow):
    """How many people a service needs, by weekday or on one date."""

    service: Identifier = _required("Abbreviation of a service.", "COLP")
    weekday: Weekday | None = _optional(
        "0 (Monday) to 6 (Sunday); either this or date.", "1", otherwise="date is given"
    )
    day: Day | None = Field(
        default=None,
        alias="date",
        description="One date, which replaces the weekly pattern of that service, half and role.",
        examples=["2026-12-25"],
        json_schema_extra={"otherwise": "weekday is given"},
    )
    half: Half = _required("Half of the day.", "AM")
    role: DemandedRole = _optional("The part that is needed.", "primary", default=CoverageRole.PRIMARY)
    minimum: Count = _required("People needed.", "1")
    maximum: Count | None = _optional("People allowed, at least the minimum.", "2", otherwise="no limit")
    valid_from: Day | None = _optional(
        "First day of a weekly row.", "2026-07-01", otherwise="always, as far as the bundle goes"
    )
    valid_to: Day | None = _optional("Last day of a weekly row.", "2027-06-30", otherwise="always")


class AssignmentLine(SheetRow):
    """The schedule: who is where in which half-day."""

    person: Identifier = _required("Id of a person.", "F03")
    service: Identifier = _required("Abbreviation of a service.", "COLP")
    day: Day = _required("Date.", "2026-07-07", alias="date")
    half: Half = _required("Half of the day.", "AM")
    role: CoverageRole = _optional("The part the person plays.", "primary", default=CoverageRole.PRIMARY)
    source: AssignmentSource = _optional(
        "Who or what made the assignment.", "manual", default=AssignmentSource.MANUAL
    )
    locked: Flag | None = _optional(
        "Whether a solver must leave it alone.", "true", otherwise="true for preload and manual, else false"
    )


class CallLine(SheetRow):
    """Call shifts."""

    person: Identifier = _required("Id of a person.", "F03")
    start: Instant = _required("Start.", "2026-07-07T19:00-10:00")
    end: Instant = _required("End, after the start.", "2026-07-08T07:00-10:00")
    kind: CallKind = _required("Kind of call.", "overnight")
    in_house: Flag | None = _optional(
        "Whether the night is spent in the hospital.",
        "true",
        otherwise="true for overnight and weekend, false for backup and home",
    )


class RotationLine(SheetRow):
    """Which days a person spends on a service; weekly hours are averaged over each."""

    person: Identifier = _required("Id of a person.", "R01")
    service: Identifier = _required("Abbreviation of a service.", "COLP")
    start_date: Day = _required("First day.", "2026-07-02")
    end_date: Day = _required("Last day.", "2026-07-29")


class AbsenceLine(SheetRow):
    """Time away; both dates are inclusive."""

    person: Identifier = _required("Id of a person.", "R01")
    start_date: Day = _required("First day.", "2026-08-03")
    start_half: Half = _optional("Half of the first day in which it begins.", "PM", default=Half.AM)
    end_date: Day = _required("Last day.", "2026-08-07")
    end_half: Half = _optional("Half of the last day in which it ends.", "AM", default=Half.PM)
    type: AbsenceType = _required("Why the person is away.", "vacation")
    status: AbsenceStatus = _optional(
        "How certain it is; only approved and confirmed remove availability.",
        "approved",
        default=AbsenceStatus.APPROVED,
    )


class DutyLogLine(SheetRow):
    """Hours actually worked."""

    person: Identifier = _required("Id of a person.", "R01")
    start: Instant = _required("Start.", "2026-07-07T06:30-10:00")
    end: Instant = _required("End, after the start.", "2026-07-07T18:10-10:00")
    activity_class: ActivityClass = _optional(
        "What kind of work it was.", "patient_care", default=ActivityClass.PATIENT_CARE
    )
    setting: DutySetting = _optional("Where it was worked.", "in_house", default=DutySetting.IN_HOUSE)
    call_kind: CallKind | None = _optional("Kind of call it belonged to.", "home", otherwise="no call")
    moonlighting: Moonlighting = _optional("Whether it was moonlighting.", "none", default=Moonlighting.NONE)
    new_patient: Flag = _optional("Whether a new patient was taken on.", "false", default=False)
    voluntary_stay: Flag = _optional("Whether the person stayed of their own accord.", "false", default=False)
    reason: Text | None = _optional("Why, for a voluntary stay.", "continuity of a delivery")


class HoursApprovalLine(SheetRow):
    """Approved exceptions to the limit of 80 hours a week (VI.F.4)."""

    limit: WeeklyLimit = _required("Hours a week that are allowed, above 80 and at most 88.", "88")
    service: Identifier | None = _optional("Abbreviation of a service.", "COLP", otherwise="every service")
    min_pgy: Pgy = _optional("Lowest PGY it is approved for.", "2", default=1)
    max_pgy: Pgy = _optional("Highest PGY it is approved for.", "3", default=8)
    valid_from: Day = _required("First day.", "2026-07-01")
    valid_to: Day = _required("Last day.", "2027-06-30")
    approved_by: Text = _required("Who approved it.", "GMEC, 12 May 2026")


class CalendarLine(SheetRow):
    """Days that are not ordinary; without this sheet the federal holidays of the site's setting hold."""

    day: Day = _required("Date.", "2026-12-25", alias="date")
    day_type: DayType = _required("What kind of day it is.", "FEDERAL_HOLIDAY")
    holiday_name: Text | None = _optional("Name of the holiday.", "Christmas Day")
    actual_date: Day | None = _optional("True date of a holiday observed on another day.", "2027-12-25")


class UserLine(SheetRow):
    """Who signs in to the scheduling application and gets its messages."""

    username: Identifier = _required("Name to sign in with, unique.", "coordinator")
    email: Email = _required("Address, unique among users.", "coordinator@example.org")
    role: UserRole = _required("What the user may do.", "coordinator")
    person: Identifier | None = _optional("Id of the person who is this user.", "F01")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a bundle: its name, its row model, and whether a bundle must have it."""

    name: str
    row: type[SheetRow]
    required: bool = False


SHEETS = (
    Sheet("people", PersonLine, required=True),
    Sheet("academic_years", AcademicYearLine),
    Sheet("services", ServiceLine, required=True),
    Sheet("coverage", CoverageLine),
    Sheet("assignments", AssignmentLine, required=True),
    Sheet("call", CallLine),
    Sheet("rotations", RotationLine),
    Sheet("absences", AbsenceLine),
    Sheet("duty_logs", DutyLogLine),
    Sheet("hours_approvals", HoursApprovalLine),
    Sheet("calendar", CalendarLine),
    Sheet("users", UserLine),
)
"""Every sheet, in the order in which they are written and their problems listed."""


def columns(row: type[SheetRow]) -> dict[str, str]:
    """The columns of a sheet in order, each with the name of its field."""
    return {field.alias or name: name for name, field in row.model_fields.items()}
