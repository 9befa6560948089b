"""What a piece of duty can be, and which rules see it."""

from enum import StrEnum


class DutyKind(StrEnum):
    """The kind of one duty interval; the values' order is the order of their codes in arrays."""

    DUTY = "duty"
    EDUCATION = "education"
    IN_HOUSE_CALL = "in_house_call"
    NIGHT_FLOAT = "night_float"
    TRANSITION = "transition"
    VOLUNTARY_STAY = "voluntary_stay"
    HOME_CALL = "home_call"
    HOME_CALL_IN = "home_call_in"
    HOME_WORK = "home_work"
    MOONLIGHTING_INTERNAL = "moonlighting_internal"
    MOONLIGHTING_EXTERNAL = "moonlighting_external"


KINDS = tuple(DutyKind)
KIND_CODES = {kind: code for code, kind in enumerate(DutyKind)}

COUNTED = frozenset(DutyKind) - {DutyKind.HOME_CALL}
"""Counts toward weekly hours: everything but carrying the pager at home (VI.F.1, VI.F.8)."""

AT_WORK = COUNTED - {DutyKind.HOME_WORK}
"""Makes up a continuous period of duty: counted work that is not done at home (VI.F.3)."""

SCHEDULED = AT_WORK - {DutyKind.HOME_CALL_IN}
"""Begins and ends rest: a return from home during home call does neither (VI.F.8)."""

MOONLIGHTING = frozenset({DutyKind.MOONLIGHTING_INTERNAL, DutyKind.MOONLIGHTING_EXTERNAL})

AFTER_24_HOURS = frozenset({DutyKind.TRANSITION, DutyKind.EDUCATION})
"""What may follow 24 hours of scheduled work, for a while (VI.F.3.a)."""
