"""The closed word lists of the domain: every enumeration that a file, a row or a parameter may carry."""

from enum import StrEnum


class PersonType(StrEnum):
    """What a person is in the program; learners never count as cover."""

    RESIDENT = "resident"
    FACULTY = "faculty"
    MED_STUDENT = "med_student"
    ROTATING_INTERN = "rotating_intern"


class FacultyRole(StrEnum):
    """A faculty member's office, which sets clinic and call expectations."""

    PD = "pd"
    APD = "apd"
    OIC = "oic"
    DEPT_CHIEF = "dept_chief"
    SPORTS_MED = "sports_med"
    CORE = "core"
    ADJUNCT = "adjunct"


class UserRole(StrEnum):
    """A user's role in the scheduling application, highest rank first."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    FACULTY = "faculty"
    RESIDENT = "resident"
    CLINICAL_STAFF = "clinical_staff"
    RN = "rn"
    LPN = "lpn"
    MSA = "msa"


class Half(StrEnum):
    """Half of a civil day: AM starts 07:00, PM starts 13:00, local time."""

    AM = "AM"
    PM = "PM"


class DayType(StrEnum):
    """Why a day is or is not an ordinary one."""

    NORMAL = "NORMAL"
    FEDERAL_HOLIDAY = "FEDERAL_HOLIDAY"
    TRAINING_HOLIDAY = "TRAINING_HOLIDAY"
    MINIMAL_MANNING = "MINIMAL_MANNING"
    EO_CLOSURE = "EO_CLOSURE"
    INAUGURATION_DAY = "INAUGURATION_DAY"


class Intent(StrEnum):
    """How much of the ordinary demand a half-day carries."""

    NORMAL = "NORMAL"
    REDUCED_CAPACITY = "REDUCED_CAPACITY"
    NON_OPERATIONAL = "NON_OPERATIONAL"


class ServiceKind(StrEnum):
    """What kind of work (or absence from work) a service is."""

    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"
    PROCEDURE = "procedure"
    NIGHT_FLOAT = "night_float"
    CALL = "call"
    EDUCATION = "education"
    RESEARCH = "research"
    ADMINISTRATION = "administration"
    OFF = "off"
    RECOVERY = "recovery"
    ABSENCE = "absence"


class CoverageRole(StrEnum):
    """The part an assigned person plays; the values' order is the order of their codes in arrays."""

    PRIMARY = "primary"
    SUPERVISING = "supervising"
    BACKUP = "backup"


class AssignmentSource(StrEnum):
    """Who or what made an assignment, strongest claim first."""

    PRELOAD = "preload"
    MANUAL = "manual"
    SWAP = "swap"
    ABSENCE_REPAIR = "absence_repair"
    SOLVER = "solver"
    TEMPLATE = "template"


class CallKind(StrEnum):
    """The kind of a call shift."""

    OVERNIGHT = "overnight"
    WEEKEND = "weekend"
    BACKUP = "backup"
    HOME = "home"


class AbsenceType(StrEnum):
    """Why a person is away."""

    VACATION = "vacation"
    CONFERENCE = "conference"
    DEPLOYMENT = "deployment"
    TDY = "tdy"
    PCS = "pcs"
    TRAINING = "training"
    MILITARY_DUTY = "military_duty"
    MEDICAL = "medical"
    SICK = "sick"
    FAMILY_EMERGENCY = "family_emergency"
    BEREAVEMENT = "bereavement"
    EMERGENCY_LEAVE = "emergency_leave"
    MATERNITY_PATERNITY = "maternity_paternity"
    CONVALESCENT = "convalescent"


class AbsenceStatus(StrEnum):
    """How certain an absence is; only approved and confirmed remove availability."""

    PENDING = "pending"
    ANTICIPATED = "anticipated"
    APPROVED = "approved"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DENIED = "denied"
    CANCELLED = "cancelled"


class ActivityClass(StrEnum):
    """What kind of work a logged duty interval was."""

    PATIENT_CARE = "patient_care"
    TRANSITION = "transition"
    EDUCATION = "education"
    ADMINISTRATION = "administration"
    HOME_CLINICAL = "home_clinical"


class DutySetting(StrEnum):
    """Where a logged duty interval was worked."""

    IN_HOUSE = "in_house"
    HOME = "home"


class Moonlighting(StrEnum):
    """Whether logged work was moonlighting, and for whom."""

    NONE = "none"
    INTERNAL = "internal"
    EXTERNAL = "external"


class AlertLevel(StrEnum):
    """How serious a resilience alert is, mildest first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


class ConflictType(StrEnum):
    """What contradicts what, in the order in which conflicts are worth reading."""

    LEAVE_FMIT_OVERLAP = "leave_fmit_overlap"
    LEAVE_CALL_OVERLAP = "leave_call_overlap"
    SUPERVISION_DEFICIT = "supervision_deficit"
    COVERAGE_GAP = "coverage_gap"
    CALL_CASCADE = "call_cascade"
    SOLE_PROVIDER_LOSS = "sole_provider_loss"
    EXTERNAL_COMMITMENT = "external_commitment"
    RECOVERY_VIOLATION = "recovery_violation"
    LEAVE_ASSIGNMENT_OVERLAP = "leave_assignment_overlap"
    SIMULTANEOUS_LEAVE = "simultaneous_leave"
    BACK_TO_BACK = "back_to_back"
    EXCESSIVE_ALTERNATING = "excessive_alternating"


class ConflictSeverity(StrEnum):
    """How grave a conflict is, gravest first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


EFFECTIVE_ABSENCE_STATUSES = frozenset({AbsenceStatus.APPROVED, AbsenceStatus.CONFIRMED})

RECOVERY_DAYS = {AbsenceType.DEPLOYMENT: 7, AbsenceType.CONVALESCENT: 3}
"""Whole days of recovery owed after an absence of that type has ended."""

DAY_TYPE_INTENT = {
    DayType.NORMAL: Intent.NORMAL,
    DayType.INAUGURATION_DAY: Intent.NORMAL,
    DayType.FEDERAL_HOLIDAY: Intent.REDUCED_CAPACITY,
    DayType.MINIMAL_MANNING: Intent.REDUCED_CAPACITY,
    DayType.TRAINING_HOLIDAY: Intent.NON_OPERATIONAL,
    DayType.EO_CLOSURE: Intent.NON_OPERATIONAL,
}

INTENT_DEMAND_QUARTERS = {Intent.NORMAL: 4, Intent.REDUCED_CAPACITY: 1, Intent.NON_OPERATIONAL: 0}
"""The demand multiplier of an intent in exact quarters: 1.0, 0.25, 0.0."""

FULL_DEMAND_KINDS = frozenset({ServiceKind.INPATIENT, ServiceKind.NIGHT_FLOAT, ServiceKind.CALL})
"""Kinds whose demand never shrinks on a holiday or closure."""

UNAVAILABLE_KINDS = frozenset({ServiceKind.RECOVERY, ServiceKind.ABSENCE})
"""Being assigned to one of these means being away, so it removes availability."""

NON_DUTY_KINDS = frozenset({ServiceKind.OFF, ServiceKind.RECOVERY, ServiceKind.ABSENCE})
"""Kinds that are never duty."""

LEARNER_TYPES = frozenset({PersonType.MED_STUDENT, PersonType.ROTATING_INTERN})
