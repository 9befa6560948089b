"""The verdicts of health checks and contingency analyses in plain sentences, for pages and terminals."""

from residency.program.calendar import half_day_label
from residency.reports.wording import LEVEL_WORDS, RISK_WORDS, STATUS_WORDS, listed, percent, plural
from residency.resilience.results import (
    ContingencyReport,
    HealthAssessment,
    PairLoss,
    PersonLoss,
    PhaseRisk,
    Severity,
    UtilizationLevel,
)

_NAMED = 5


def health_sentences(assessment: HealthAssessment) -> list[str]:
    """The verdict of a health check in plain text.

    The first sentence holds status and coverage (``Degraded: 97 % of the required slots ...``) and can stand
    alone; faculty load, supervision and contingency follow.
    """
    first, *others = health_facts(assessment)
    return [f"{STATUS_WORDS[assessment.status]}: {first[:1].lower()}{first[1:]}", *others]


def health_facts(assessment: HealthAssessment) -> list[str]:
    """The sentences behind a health check's status, without the status."""
    level = assessment.utilization_level
    if level is None:  # nothing is published, and the warnings say so
        return list(assessment.warnings)
    facts = [_coverage(assessment), _faculty(assessment, level)]
    if assessment.supervision_gaps:
        facts.append(_supervision(assessment))
    facts.append(_losses(assessment))
    if assessment.crisis_mode:
        facts.append(f"A crisis is open; load is shed to {assessment.load_shedding_level}.")
    return facts


def _coverage(assessment: HealthAssessment) -> str:
    days = (assessment.period_end - assessment.period_start).days
    span = f"the next {plural(days, 'day')}" if days != 1 else "the next day"
    required, filled = assessment.required_slots, assessment.filled_slots
    if required == 0:
        return f"Nothing is required in {span}."
    if filled == required:
        return (
            f"All {required} required slots of {span} are filled."
            if required > 1
            else (f"The one required slot of {span} is filled.")
        )
    names = {service.service: service.name for service in assessment.services}
    short = len({(gap.day, gap.half) for gap in assessment.gaps})
    first = assessment.gaps[0]
    return (
        f"{percent(filled, required)} of the required slots of {span} are filled; "
        f"{plural(short, 'half-day is', 'half-days are')} short, the first is "
        f"{half_day_label(first.day, first.half)} in {names[first.service]} ({first.missing} missing)."
    )


def _faculty(assessment: HealthAssessment, level: UtilizationLevel) -> str:
    demanded, available = assessment.faculty_demanded, assessment.faculty_available
    if available == demanded == 0:
        return "No faculty are available and none are needed."
    if available == 0:
        wanted = plural(demanded, "half-day")
        return f"No faculty are available; {wanted} of their work {'is' if demanded == 1 else 'are'} needed."
    return (
        f"Faculty are {percent(demanded, available)} used ({level}: {LEVEL_WORDS[level]}), "
        f"{demanded} of {plural(available, 'half-day')}."
    )


def _supervision(assessment: HealthAssessment) -> str:
    gaps = assessment.supervision_gaps
    short = len({(gap.day, gap.half) for gap in gaps})
    return (
        f"Supervision is short in {plural(short, 'half-day')}, the first is "
        f"{half_day_label(gaps[0].day, gaps[0].half)} in {gaps[0].service} "
        f"({plural(gaps[0].missing, 'attending')} missing)."
    )


def _losses(assessment: HealthAssessment) -> str:
    if assessment.n1_pass is None or assessment.n2_pass is None:
        return "Whether the loss of one or two people could be absorbed is not known yet."
    if not assessment.n1_pass:
        verdict = "There are people whose loss cannot be absorbed (N-1 fails)"
    elif not assessment.n2_pass:
        verdict = "Any one loss can be absorbed, but not any two at once (N-1 passes, N-2 fails)"
    else:
        verdict = "Any one or two losses can be absorbed (N-1 and N-2 pass)"
    risk = assessment.phase_risk
    if risk is None or risk is PhaseRisk.LOW:
        return f"{verdict}."
    return f"{verdict}; the risk of tipping over is {risk} ({RISK_WORDS[risk]})."


def contingency_sentences(report: ContingencyReport) -> list[str]:
    """The verdict of a contingency analysis: one loss, two losses, the state before any loss, phase risk.

    The first sentence is the verdict alone; all are plain text and name people by the report's labels.
    """
    losses = [_single(report), _double(report)] if report.people_analysed else []
    return [_headline(report), *losses, _before(report), _risk(report)]


def _headline(report: ContingencyReport) -> str:
    if not report.people_analysed:
        whom = "faculty" if report.who == "faculty" else "residents or faculty"
        return f"Nobody's loss could be analysed: there are no {whom} in the program."
    if not report.n1_pass:
        return "There are people whose loss cannot be absorbed (N-1 fails)."
    if not report.n2_pass:
        return "Any one loss can be absorbed, but not any two at once (N-1 passes, N-2 fails)."
    return "Any one or two losses can be absorbed (N-1 and N-2 pass)."


def _single(report: ContingencyReport) -> str:
    people = plural(report.people_analysed, "person", "people")
    critical = ranked_people(report, Severity.CRITICAL)
    if not critical:
        return f"Of {people}, each can be replaced when away alone."
    named = [f"{loss.person} ({left_undone(loss)})" for loss in critical]
    return (
        f"{len(critical)} of {people} cannot be fully replaced when away alone; half-days of work left "
        f"uncovered: {listed(named, _NAMED)}."
    )


def _double(report: ContingencyReport) -> str:
    if not report.pairs_analysed:
        return "There are not two people whose joint loss could be analysed."
    pairs = plural(report.pairs_analysed, "pair")
    fatal = report.fatal_pairs
    if not fatal:
        return f"Of {pairs}, each can be replaced when away together."
    told = f"{fatal} of {pairs} cannot be fully replaced when away together"
    joint = report.joint_only_count
    if not joint:
        return f"{told}."
    verb = "is a pair" if joint == 1 else "are pairs"
    named = [f"{pair.a} with {pair.b}" for pair in report.joint_only_pairs[:_NAMED]]
    pairs_named = listed(named, _NAMED, joint)
    return f"{told}; {joint} of them {verb} of people harmless alone: {pairs_named}."


def _before(report: ContingencyReport) -> str:
    empty, left = report.base.assigned_only, report.base.after_reassignment
    told = "Before any loss every required slot is filled"
    if empty:
        moving = f"would leave {left}" if left else "could fill them all"
        slots = plural(empty, "slot is", "slots are")
        told = f"Before any loss {slots} empty, moving people {moving}"
    missing = report.base_supervision_deficit
    return f"{told}; supervision lacks {plural(missing, 'attending')}." if missing else f"{told}."


def _risk(report: ContingencyReport) -> str:
    unknown = sum(1 for indicator in report.phase_indicators if indicator.raised is None)
    told = f"The risk of tipping over is {report.phase_risk} ({RISK_WORDS[report.phase_risk]})"
    if not unknown:
        return f"{told}."
    return f"{told}; {plural(unknown, 'sign')} of {len(report.phase_indicators)} could not be judged yet."


def left_undone(loss: PersonLoss | PairLoss) -> int:
    """What a loss leaves that nobody can mend: slots after reassignment plus attendings missing.

    A lost resident takes work that needs supervision away; that relief does not offset empty slots.
    """
    return max(0, loss.reassigned_gap) + max(0, loss.supervision_deficit)


def ranked_people(report: ContingencyReport, severity: Severity | None = None) -> list[PersonLoss]:
    """The single losses, worst first; only those of one severity when it is given."""
    order = list(Severity)
    chosen = [loss for loss in report.n1 if severity is None or loss.severity is severity]
    return sorted(
        chosen, key=lambda loss: (order.index(loss.severity), -left_undone(loss), -loss.assigned_gap)
    )
