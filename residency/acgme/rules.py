"""Rule sets: dated records of which rules bind, how strongly and with which numbers, read from TOML files."""

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from residency.acgme.findings import Severity
from residency.acgme.record import PeriodKind
from residency.errors import InvalidInputError

DEFAULT_RULE_SET = "acgme-2017"

_FORCES = ("should", "must")
_MOST_ANCESTORS = 8


class Tighter(Enum):
    """Which way a number binds more tightly."""

    LOWER = "lower"
    HIGHER = "higher"


Lower = Annotated[float, Field(gt=0), Tighter.LOWER]
"""A number that binds more tightly the lower it is."""
Higher = Annotated[float, Field(gt=0), Tighter.HIGHER]
"""A number that binds more tightly the higher it is."""
LowerCount = Annotated[int, Field(gt=0), Tighter.LOWER]
HigherCount = Annotated[int, Field(gt=0), Tighter.HIGHER]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Strict):
    """A rule: ``must`` makes violations, ``should`` warnings; one that is not enabled is not looked at."""

    force: Literal["must", "should"]
    severity: Severity
    reference: str
    enabled: bool = True


class MostHours(Rule):
    """At most so many hours."""

    max_hours: Lower


class WeeklyHours(MostHours):
    """At most so many hours a week on average; early warnings of the rolling average, mildest first."""

    early_warning_hours: tuple[float, ...] = ()


class FreeDay(Rule):
    """One free day in so many, on average."""

    one_day_in: LowerCount


class Rest(Rule):
    """Hours between periods of work; fewer than ``should_hours`` are a warning where that is given."""

    min_hours: Higher
    should_hours: Annotated[float | None, Field(gt=0), Tighter.HIGHER] = None


class RestAfterCall(Rule):
    """Hours of rest after a period of work with in-house call that lasted so long."""

    after_hours: Lower
    min_hours: Higher


class Continuous(Rule):
    """Hours of scheduled work in a row and of transition after them, from a post-graduate year on."""

    max_hours: Lower
    max_transition_hours: Annotated[float, Field(ge=0), Tighter.LOWER]
    min_pgy: LowerCount = 1


class MoonlightingRule(Rule):
    """Moonlighting is for residents of this post-graduate year and above."""

    min_pgy: HigherCount


class MostNights(Rule):
    """At most so many nights in a row."""

    max_nights: LowerCount


class NightShare(Rule):
    """No more often than every so many nights, on average."""

    one_night_in: HigherCount


class HomeCall(NightShare):
    """What home call counts as binds like the rule; how often it comes has a force of its own."""

    frequency_force: Literal["must", "should"]


class MostDays(Rule):
    """At most so many days."""

    max_days: LowerCount


class Rules(_Strict):
    """Every rule that the engine knows; None where a rule set has none of the kind."""

    HOURS_80: WeeklyHours
    HOURS_88_EXCEPTION: MostHours
    FREE_DAY: FreeDay
    REST_8: Rest
    REST_14_AFTER_24: RestAfterCall
    CONTINUOUS_24_4: Continuous
    PGY1_SHIFT_CAP: MostHours | None = None
    MOONLIGHTING: MoonlightingRule
    NIGHT_FLOAT: MostNights | None = None
    CALL_Q3: NightShare
    HOME_CALL: HomeCall
    LOCAL_DUTY_DAYS_6: MostDays | None = None
    LOCAL_DUTY_DAYS_13: MostDays | None = None
    LOCAL_REST_10: Rest | None = None
    LOCAL_MOONLIGHTING_20: MostHours | None = None
    LOCAL_HOURS_76: MostHours | None = None
    LOCAL_CALL_NIGHTS_2: MostNights | None = None
    LOCAL_RECOVERY: Rule | None = None
    LOCAL_AWAY_28: MostDays | None = None


NATIONAL_RULES = tuple(name for name in Rules.model_fields if not name.startswith("LOCAL_"))
"""The ids of the national rules, in the order in which they are reported."""


class RuleSet(_Strict):
    """One dated set of rules.

    ``averaging`` is the program's choice of window for days that no rotation names: ``rotation`` and
    ``four_week`` use academic blocks. Periods longer than ``longest_window_days`` are cut into windows of
    ``window_days``. Gaps up to ``merge_gap_minutes`` are no rest. So many ``missing_data_days`` in a row
    without an entry are a gap in the data: a week off with the weekends around it is one day shorter.
    """

    id: str = Field(min_length=1, max_length=80, pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    parent: str | None = None
    valid_from: date
    valid_to: date | None = None
    averaging: PeriodKind
    longest_window_days: int = Field(ge=28, le=366)
    window_days: int = Field(ge=7, le=31)
    missing_data_days: int = Field(ge=1)
    merge_gap_minutes: int = Field(default=0, ge=0, le=60)
    confirmed_by: str | None = None
    confirmed_at: date | None = None
    rules: Rules


def rule_set(name: str = DEFAULT_RULE_SET) -> RuleSet:
    """The rule set of a name, or of an overlay's TOML file.

    Raises:
        InvalidInputError: if there is none, it is malformed, or it loosens a binding rule of its parent.
    """
    return _loaded(name)


def rule_set_names() -> tuple[str, ...]:
    """The names of the rule sets that come with the package."""
    found = files("residency.acgme").joinpath("rule_sets").iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml")))


@cache
def _loaded(name: str) -> RuleSet:
    layers = _layers(name)
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        below, merged = merged, _merge(merged, layer)
        judged = _validated(merged, name)
        if below:
            _refuse_loosening(_validated(below, name), judged)
    return _validated(merged, name)


def _layers(name: str) -> list[dict[str, Any]]:
    """A rule set as written, its parent, its parent's parent and so on."""
    layers = [_read(name)]
    while (parent := layers[-1].get("parent")) is not None:
        if len(layers) > _MOST_ANCESTORS:
            raise InvalidInputError("parent", parent, "a rule set that does not descend from itself")
        layers.append(_read(str(parent)))
    return layers


def _read(name: str) -> dict[str, Any]:
    known = rule_set_names()
    if name in known:
        text = files("residency.acgme").joinpath("rule_sets", f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml") and Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8")
    else:
        raise InvalidInputError("rule set", name, f"one of {', '.join(known)}, or an overlay's .toml file")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError("rule set", name, f"a TOML file; {error}") from error


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key, value in below.items():
        if isinstance(value, dict) and isinstance(above.get(key), dict):
            merged[key] = _merge(cast("dict[str, Any]", value), above[key])
    return merged


def _validated(raw: dict[str, Any], name: str) -> RuleSet:
    try:
        return RuleSet.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"rule set {name}, {place}", first["input"], first["msg"].lower()) from error


def _refuse_loosening(below: RuleSet, above: RuleSet) -> None:
    """An overlay may tighten a binding rule or add warnings, never loosen what its parent demands."""
    for field in ("longest_window_days", "window_days", "missing_data_days"):
        # Hours even out over longer windows, and what is missing is not seen in them.
        _refuse_looser(above.id, field, Tighter.LOWER, below, above, field)
    for name in Rules.model_fields:
        former: Rule | None = getattr(below.rules, name)
        now: Rule | None = getattr(above.rules, name)
        if former is None or now is None or former.force != "must" or not former.enabled:
            continue
        if not now.enabled or _FORCES.index(now.force) < _FORCES.index(former.force):
            raise InvalidInputError(
                f"rule set {above.id}, {name}", now.force, "a binding rule of the parent to stay binding"
            )
        for field, info in type(former).model_fields.items():
            if (tighter := _tighter(info)) is not None:
                _refuse_looser(above.id, f"{name}.{field}", tighter, former, now, field)


def _tighter(field: FieldInfo) -> Tighter | None:
    """Which way a number binds more tightly; None where neither does."""
    return next((mark for mark in field.metadata if isinstance(mark, Tighter)), None)


def _refuse_looser(
    overlay: str, place: str, tighter: Tighter, former: _Strict, now: _Strict, field: str
) -> None:
    old, new = getattr(former, field), getattr(now, field)
    if old is None:
        return
    if new is None or (new > old if tighter is Tighter.LOWER else new < old):
        bound = f"at most {old:g}" if tighter is Tighter.LOWER else f"at least {old:g}"
        raise InvalidInputError(f"rule set {overlay}, {place}", new, f"{bound}, as its parent demands")
