"""The services of one sample clinic, and how many people each needs in a week."""

from dataclasses import dataclass, field
from typing import Any

from residency.importing.demand import LOAD_CATEGORY
from residency.program.records import Service
from residency.program.vocabulary import PersonType, ServiceKind

SPORTS_MEDICINE = "sports_medicine"
OBSTETRICS = "obstetrics"

_WORKDAYS = [(weekday, half) for weekday in range(5) for half in (0, 1)]
_EVERY_DAY = [(weekday, half) for weekday in range(7) for half in (0, 1)]
DIDACTICS = (2, 1)
"""Wednesday afternoon belongs to teaching."""

CLINIC_HALF_DAYS = [slot for slot in _WORKDAYS if slot != DIDACTICS]

PROCEDURES = {
    "COLP": ("Colposcopy clinic", "colposcopy", [(1, 0)]),
    "VAS": ("Vasectomy clinic", "vasectomy", [(4, 0)]),
    "DERM": ("Skin surgery clinic", "skin_surgery", [(0, 1), (2, 0)]),
    "LARC": ("Contraception clinic", "contraception", [(3, 0)]),
    "POCUS": ("Ultrasound clinic", "ultrasound", [(1, 1)]),
    "JI": ("Joint injection clinic", "joint_injection", [(3, 1)]),
}
"""Name, credential and half-days of each procedure clinic."""

_FACULTY_CLINICS_OF_TWELVE = 24
_FURTHER_CLINICS = 6.4
"""Weekly clinics of their own that twelve faculty owe together, and what each further one adds."""

SPORTS_HALF_DAYS = [(0, 0), (2, 0), (3, 1), (4, 1)]
CLOSED_ON_HOLIDAYS = frozenset({*PROCEDURES, "SM"})

ROTATIONS = {
    "ICU": "Intensive care",
    "PEDS": "Paediatrics",
    "SURG": "Surgery",
    "EM": "Emergency medicine",
    "OBR": "Obstetrics rotation",
    "GERI": "Geriatrics",
    "ELEC": "Elective",
    "RSCH": "Research",
}
"""Rotations away from the clinic, which ask for no cover."""


@dataclass(frozen=True, slots=True)
class SampleService:
    """A service with the demand of one clinic: people needed per (weekday, half)."""

    service: Service
    minimum: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    in_each_clinic: bool = True


def clinic_services(residents: int, faculty: int) -> list[SampleService]:
    """Every service of a clinic with so many residents and faculty; their order gives their codes."""
    return [*_ward(residents), *_clinic(residents, faculty), *_procedures(), *_away()]


def _service(
    abbreviation: str,
    name: str,
    kind: ServiceKind,
    **details: Any,  # noqa: ANN401 - any field of Service
) -> Service:
    inpatient = kind is ServiceKind.INPATIENT
    settled: dict[str, Any] = {
        "load_category": LOAD_CATEGORY[kind],
        "inpatient": inpatient,
        "leave_eligible": not inpatient,
        **details,
    }
    return Service(abbreviation, name, kind, **settled)


def _ward(residents: int) -> list[SampleService]:
    team = max(1, round(2 * residents / 17))
    return [
        SampleService(
            _service("FMIT", "Inpatient attending", ServiceKind.INPATIENT, required_type=PersonType.FACULTY),
            dict.fromkeys(_EVERY_DAY, 1),
        ),
        SampleService(
            _service(
                "OB",
                "Obstetrics attending",
                ServiceKind.INPATIENT,
                required_type=PersonType.FACULTY,
                required_credential=OBSTETRICS,
            ),
            dict.fromkeys(_EVERY_DAY, 1),
        ),
        SampleService(
            _service("FMR", "Inpatient residents", ServiceKind.INPATIENT, required_type=PersonType.RESIDENT),
            dict.fromkeys(_EVERY_DAY, team),
        ),
        SampleService(
            _service("NF", "Night float", ServiceKind.NIGHT_FLOAT, required_type=PersonType.RESIDENT),
            {(weekday, 1): 1 for weekday in (6, 0, 1, 2, 3)},
        ),
    ]


def _clinic(residents: int, faculty: int) -> list[SampleService]:
    weekly = max(0, round(_FACULTY_CLINICS_OF_TWELVE + _FURTHER_CLINICS * (faculty - 12)))
    own_clinic = {
        slot: weekly * (turn + 1) // len(_WORKDAYS) - weekly * turn // len(_WORKDAYS)
        for turn, slot in enumerate(_WORKDAYS)
    }
    clinic_hours: dict[str, Any] = {"hours_am": 4.0, "hours_pm": 4.0}
    return [
        SampleService(
            _service(
                "C",
                "Continuity clinic",
                ServiceKind.OUTPATIENT,
                required_type=PersonType.RESIDENT,
                needs_supervision=True,
                **clinic_hours,
            ),
            dict.fromkeys(CLINIC_HALF_DAYS, max(1, round(3 * residents / 17))),
        ),
        SampleService(
            _service(
                "AT", "Precepting", ServiceKind.OUTPATIENT, required_type=PersonType.FACULTY, **clinic_hours
            )
        ),
        SampleService(
            _service(
                "FC",
                "Faculty clinic",
                ServiceKind.OUTPATIENT,
                required_type=PersonType.FACULTY,
                **clinic_hours,
            ),
            {slot: number for slot, number in own_clinic.items() if number},
        ),
        SampleService(
            _service(
                "SM",
                "Sports medicine clinic",
                ServiceKind.OUTPATIENT,
                required_type=PersonType.FACULTY,
                required_specialty=SPORTS_MEDICINE,
                **clinic_hours,
            ),
            dict.fromkeys(SPORTS_HALF_DAYS, 1),
        ),
        SampleService(
            _service(
                "WKND",
                "Weekend clinic",
                ServiceKind.OUTPATIENT,
                required_type=PersonType.FACULTY,
                **clinic_hours,
            ),
            {(5, 0): 1, (5, 1): 1, (6, 0): 1},
        ),
    ]


def _procedures() -> list[SampleService]:
    return [
        SampleService(
            _service(
                abbreviation,
                name,
                ServiceKind.PROCEDURE,
                required_type=PersonType.FACULTY,
                required_credential=credential,
                hours_am=4.0,
                hours_pm=4.0,
            ),
            dict.fromkeys(half_days, 1),
        )
        for abbreviation, (name, credential, half_days) in PROCEDURES.items()
    ]


def _away() -> list[SampleService]:
    services = [
        _service("LEC", "Didactics", ServiceKind.EDUCATION),
        _service("GME", "Residency administration", ServiceKind.ADMINISTRATION),
        _service("DFM", "Department administration", ServiceKind.ADMINISTRATION),
        _service("PC", "Post-call", ServiceKind.RECOVERY),
        _service("W", "Weekend off", ServiceKind.OFF),
        _service("LV", "Leave", ServiceKind.ABSENCE),
        *(
            _service(
                abbreviation,
                name,
                ServiceKind.RESEARCH if abbreviation == "RSCH" else ServiceKind.EDUCATION,
                required_type=PersonType.RESIDENT,
                offsite=True,
            )
            for abbreviation, name in ROTATIONS.items()
        ),
    ]
    return [SampleService(service, in_each_clinic=False) for service in services]
