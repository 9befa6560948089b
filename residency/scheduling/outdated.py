"""Which stored fallbacks no longer answer for the schedule, people and absences as they are now."""

from collections.abc import Iterable

from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.resilience.fallback_results import StoredFallback
from residency.scheduling.fallbacks import fallback_hash
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.scenarios import TOP_K, Scenario, ScenarioCase, loss_case, plan_scenarios

_OF_LOSS = frozenset({Scenario.ONE_FACULTY_LOSS, Scenario.TWO_FACULTY_LOSS})


def outdated(
    fallbacks: Iterable[StoredFallback],
    program: Program,
    snapshot: Snapshot,
    rules: RuleSet,
    covered: tuple[Period, ...],
) -> list[StoredFallback]:
    """Those whose inputs hash differently now, or whose people would be others.

    Args:
        fallbacks: of one period.
        program: as it is now, around that period.
        snapshot: of that program, over that period.
        rules: the rule set that judges.
        covered: the days for which a schedule speaks.
    """
    by_id = {person: row for row, person in enumerate(snapshot.person_ids)}
    planned: dict[Scenario, ScenarioCase] = {}
    found: list[StoredFallback] = []
    for fallback in fallbacks:
        subject = [by_id.get(person, NOTHING) for person in fallback.people]
        case = None if NOTHING in subject else _case(fallback, program, snapshot, subject, planned)
        if case is None or sorted(subject) != list(case.subject):
            found.append(fallback)
            continue
        problem = RepairProblem.of(program, snapshot, case.disruption, rules, covered)
        if fallback_hash(problem) != fallback.input_hash:
            found.append(fallback)
    return found


def _case(
    fallback: StoredFallback,
    program: Program,
    snapshot: Snapshot,
    subject: list[int],
    planned: dict[Scenario, ScenarioCase],
) -> ScenarioCase:
    """The case that the fallback would be computed for now; what names nobody is drawn up once."""
    scenario = Scenario(fallback.scenario)
    if scenario in _OF_LOSS:
        return loss_case(program, snapshot, subject, fallback.parameters["top_k"] or TOP_K)
    if scenario not in planned:
        (planned[scenario],) = plan_scenarios(program, snapshot, scenarios=(scenario,))
    return planned[scenario]
