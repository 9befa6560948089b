"""The seven bad days that fallback schedules are kept for, each as a disruption of the published schedule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from residency.program.demand import posts_and_demand
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import ServiceKind
from residency.resilience.load_shedding import SUSPENDED_CATEGORIES, LoadSheddingLevel
from residency.resilience.losses import Losses, single_losses
from residency.scheduling.problem import Disruption
from residency.scheduling.scenario_losses import leaving_faculty, unable_to_travel, worst_pairs
from residency.scheduling.scenario_words import ASSUMPTIONS, NO_HOLIDAY

TOP_K = 10
"""Pairs of faculty whose joint loss is prepared for."""

LEAVING_SHARE_PERCENT = 50
STRANDED_SHARE_PERCENT = 30
_FULL = 4  # demand is multiplied in exact quarters
_PROTECTED = 2  # the categories up to this one keep their demand in a pandemic
_EMERGENCY = 1
_ELECTIVE_FROM = 3
_NON_URGENT_FROM = 4


class Scenario(StrEnum):
    """What a fallback schedule is prepared for."""

    ONE_FACULTY_LOSS = "1_faculty_loss"
    TWO_FACULTY_LOSS = "2_faculty_loss"
    PCS_SEASON = "pcs_season_50_percent"
    HOLIDAY_SKELETON = "holiday_skeleton"
    PANDEMIC = "pandemic_essential_only"
    MASS_CASUALTY = "mass_casualty_event"
    WEATHER = "weather_emergency"


@dataclass(frozen=True, slots=True)
class ScenarioParameters:
    """The numbers and words that a scenario is made of, as they are stored beside its schedule.

    Attributes:
        demand: factors of demand in the order in which they are looked at, (what, factor); what none of them
            names keeps its demand.
        lost_percent: share of people lost, rounded down; None where the scenario names them.
        shed_to: level to which load is shed.
        suspended: what stops.
        top_k: how many pairs are prepared for.
        dates: the only dates on which demand changes; empty for all of them.
    """

    demand: tuple[tuple[str, float], ...] = (("everything", 1.0),)
    lost_percent: int | None = None
    shed_to: LoadSheddingLevel | None = None
    suspended: tuple[str, ...] = ()
    top_k: int | None = None
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """One bad day of one scenario.

    Attributes:
        scenario: which of the seven.
        subject: rows of the people who are lost, ascending.
        disruption: what happens to the schedule.
        parameters: the scenario's numbers.
        assumptions: what was decided where the scenario leaves room, in sentences without names.
        services_reduced: rows of the services that stop or are asked for less, ascending.
    """

    scenario: Scenario
    subject: tuple[int, ...]
    disruption: Disruption
    parameters: ScenarioParameters
    assumptions: tuple[str, ...]
    services_reduced: tuple[int, ...]


def plan_scenarios(
    program: Program,
    snapshot: Snapshot,
    *,
    scenarios: Collection[Scenario] = tuple(Scenario),
    top_k: int = TOP_K,
    losses: Losses | None = None,
) -> tuple[ScenarioCase, ...]:
    """The cases of the wanted scenarios, in the order of :class:`Scenario`.

    One faculty loss has a case for every faculty member, two faculty loss one for each of the ``top_k`` pairs
    whose loss costs most (slots empty after the best reassignment, then attendings missing, then slots
    assigned), the others one case each.

    Args:
        program: people, services, coverage and absences.
        snapshot: of that program, over the period that the fallback schedules are for.
        scenarios: which are wanted.
        top_k: how many pairs.
        losses: the single losses of the snapshot where they are known already.
    """
    desk = _Desk(program, snapshot, top_k, losses)
    made = {
        Scenario.ONE_FACULTY_LOSS: desk.single_losses,
        Scenario.TWO_FACULTY_LOSS: desk.double_losses,
        Scenario.PCS_SEASON: desk.pcs_season,
        Scenario.HOLIDAY_SKELETON: desk.holiday_skeleton,
        Scenario.PANDEMIC: desk.pandemic,
        Scenario.MASS_CASUALTY: desk.mass_casualty,
        Scenario.WEATHER: desk.weather,
    }
    return tuple(case for scenario, cases in made.items() if scenario in scenarios for case in cases())


def loss_case(
    program: Program, snapshot: Snapshot, subject: Collection[int], top_k: int = TOP_K
) -> ScenarioCase:
    """The case of exactly these people's loss: the single loss of one, else the double loss, of them all.

    Args:
        program: people, services, coverage and absences.
        snapshot: of that program.
        subject: rows of the people who are lost.
        top_k: of the parameters of the double loss.
    """
    return _Desk(program, snapshot, top_k, None).loss_of(tuple(sorted(subject)))


class _Desk:
    """What the seven scenarios are drawn up from."""

    def __init__(self, program: Program, snapshot: Snapshot, top_k: int, losses: Losses | None) -> None:
        services = program.services
        self.program, self.snapshot, self.top_k = program, snapshot, top_k
        self._losses = losses
        kind = [service.kind for service in services]
        self.category = np.array([service.load_category for service in services], np.int8)
        # Nobody works on a service that is no duty: there is nothing to stop.
        self.duty = np.array([service.counts_as_duty for service in services], np.bool_)
        self.inpatient = np.array(
            [service.inpatient or service.kind is ServiceKind.INPATIENT for service in services], np.bool_
        )
        self.offsite = np.array([service.offsite for service in services], np.bool_)
        self.clinic = np.array([each is ServiceKind.OUTPATIENT for each in kind], np.bool_)
        self.research = np.array([each is ServiceKind.RESEARCH for each in kind], np.bool_)
        procedure = np.array([each is ServiceKind.PROCEDURE for each in kind], np.bool_)
        self.elective = procedure & (self.category >= _ELECTIVE_FROM) & ~self.inpatient

    @property
    def losses(self) -> Losses:
        """What the loss of each person costs; reckoned once."""
        if self._losses is None:
            self._losses = single_losses(self.snapshot)
        return self._losses

    def loss_of(self, subject: tuple[int, ...]) -> ScenarioCase:
        """One person, or more of whom elective procedures stop."""
        if len(subject) == 1:
            return self._case(Scenario.ONE_FACULTY_LOSS, subject, ScenarioParameters())
        parameters = ScenarioParameters(suspended=("elective procedures",), top_k=self.top_k)
        return self._case(Scenario.TWO_FACULTY_LOSS, subject, parameters, stops=self.elective)

    def single_losses(self) -> list[ScenarioCase]:
        """Each faculty member in turn."""
        return [self.loss_of((person,)) for person in np.flatnonzero(self.snapshot.is_faculty).tolist()]

    def double_losses(self) -> list[ScenarioCase]:
        """The worst pairs of faculty; elective procedures stop."""
        return [self.loss_of(pair) for pair in worst_pairs(self.losses, self.top_k)]

    def pcs_season(self) -> list[ScenarioCase]:
        """Half of the faculty go."""
        parameters = ScenarioParameters(
            lost_percent=LEAVING_SHARE_PERCENT,
            shed_to=LoadSheddingLevel.ORANGE,
            suspended=("research", "optional education", "non-urgent clinics"),
        )
        gone = leaving_faculty(self.program, self.losses, LEAVING_SHARE_PERCENT)
        stops = self._shed(LoadSheddingLevel.ORANGE)
        stops |= (self.research | self.clinic) & (self.category >= _NON_URGENT_FROM)
        return [self._case(Scenario.PCS_SEASON, gone, parameters, stops=stops)]

    def holiday_skeleton(self) -> list[ScenarioCase]:
        """A quarter of the demand on holidays."""
        period = self.snapshot.period
        days = {entry.day for entry in self.program.calendar if entry.is_holiday and entry.day in period}
        parameters = ScenarioParameters(
            demand=(("everything on holidays", 0.25),),
            shed_to=LoadSheddingLevel.RED,
            suspended=("non-essential services", "education", "research", "administration"),
            dates=tuple(sorted(days)),
        )
        on = np.array([period.day(block) in days for block in range(period.blocks)], np.bool_)
        # The calendar asks less of a holiday already; a quarter is one of what an ordinary day asks.
        index = {service.abbreviation: row for row, service in enumerate(self.program.services)}
        full = posts_and_demand(period, self.program.services, index, self.program.coverage, ())[2]
        demand = np.where(on, np.minimum(self.snapshot.demand, _times(full, 1)), self.snapshot.demand)
        case = self._case(
            Scenario.HOLIDAY_SKELETON,
            (),
            parameters,
            demand=demand,
            stops=self._shed(LoadSheddingLevel.RED),
            stops_in=on,
            more=() if days else (NO_HOLIDAY,),
        )
        return [case]

    def pandemic(self) -> list[ScenarioCase]:
        """Only what is essential goes on."""
        parameters = ScenarioParameters(
            demand=(("categories 1 and 2", 1.0), ("clinic", 0.0), ("other inpatient", 0.5)),
            suspended=("categories 3 to 7 outside inpatient", "elective procedures"),
        )
        less = self.category > _PROTECTED
        quarters = np.where(less & self.inpatient, _FULL // 2, _FULL)
        return [
            self._case(
                Scenario.PANDEMIC,
                (),
                parameters,
                demand=_times(self.snapshot.demand, quarters[self.snapshot.post_service][:, None]),
                stops=self.duty & less & ~self.inpatient,
            )
        ]

    def mass_casualty(self) -> list[ScenarioCase]:
        """Half as many again on the wards, and nothing but emergencies beside them."""
        parameters = ScenarioParameters(
            demand=(("inpatient", 1.5),),
            suspended=("leave-eligible rotations", "everything that is no emergency"),
        )
        quarters = np.where(self.inpatient, _FULL + _FULL // 2, _FULL)
        return [
            self._case(
                Scenario.MASS_CASUALTY,
                (),
                parameters,
                demand=_times(self.snapshot.demand, quarters[self.snapshot.post_service][:, None]),
                stops=self.duty & (self.category > _EMERGENCY) & ~self.inpatient,
            )
        ]

    def weather(self) -> list[ScenarioCase]:
        """Part of the staff cannot travel, and nothing that can wait goes on."""
        parameters = ScenarioParameters(
            demand=(("offsite", 0.0), ("clinic", 0.0), ("inpatient", 1.0)),
            lost_percent=STRANDED_SHARE_PERCENT,
            suspended=("non-essential services", "elective procedures"),
        )
        away = unable_to_travel(self.snapshot, STRANDED_SHARE_PERCENT)
        non_essential = self._shed(LoadSheddingLevel.RED) & ~self.inpatient
        stops = self.duty & (self.offsite | self.clinic & ~self.inpatient | self.elective | non_essential)
        return [self._case(Scenario.WEATHER, away, parameters, stops=stops)]

    def _shed(self, level: LoadSheddingLevel) -> NDArray[np.bool_]:
        """Services that stop when load is shed to a level, shape (S,)."""
        return self.duty & np.isin(self.category, list(SUSPENDED_CATEGORIES[level]))

    def _case(
        self,
        scenario: Scenario,
        subject: tuple[int, ...],
        parameters: ScenarioParameters,
        *,
        demand: NDArray[np.int16] | None = None,
        stops: NDArray[np.bool_] | None = None,
        stops_in: NDArray[np.bool_] | None = None,
        more: tuple[str, ...] = (),
    ) -> ScenarioCase:
        snapshot = self.snapshot
        lost = np.zeros(snapshot.available.shape, np.bool_)
        lost[list(subject)] = True
        suspended = np.zeros(len(snapshot.service_ids), np.bool_) if stops is None else stops
        asked = snapshot.demand if demand is None else demand
        during = np.ones(snapshot.period.blocks, np.bool_) if stops_in is None else stops_in
        asked = np.where(suspended[snapshot.post_service][:, None] & during, 0, asked).astype(np.int16)
        reduced = suspended & during.any()
        reduced[snapshot.post_service[(asked < snapshot.demand).any(axis=1)]] = True
        return ScenarioCase(
            scenario=scenario,
            subject=subject,
            disruption=Disruption(lost, asked, suspended, stops_in),
            parameters=parameters,
            assumptions=(*ASSUMPTIONS[scenario.value], *more),
            services_reduced=tuple(np.flatnonzero(reduced).tolist()),
        )


def _times(demand: NDArray[np.int16], quarters: NDArray[np.integer] | int) -> NDArray[np.int16]:
    """Demand times quarters, rounded up exactly."""
    return (-(-demand.astype(np.int64) * quarters // _FULL)).astype(np.int16)
