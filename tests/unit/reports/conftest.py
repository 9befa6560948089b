"""Assessments and reports to render, made without a schedule."""

from datetime import UTC, date, datetime, timedelta

import pytest

from residency.program.calendar import HALVES, half_day_label
from residency.resilience.redundancy import redundancy
from residency.resilience.results import (
    BaseShortfall,
    ContingencyReport,
    DefenseLevel,
    Gap,
    HalfDayHealth,
    HealthAssessment,
    HealthStatus,
    LocationSupervision,
    PairLoss,
    PersonLoss,
    PhaseRisk,
    ServiceHealth,
    Severity,
    UtilizationLevel,
)

START = date(2026, 3, 2)


@pytest.fixture(scope="session")
def shown_at():
    """The instant and zone that pages are rendered for."""
    return {"at": datetime(2026, 3, 2, 16, 15, tzinfo=UTC), "timezone": "Pacific/Honolulu"}


@pytest.fixture(scope="session")
def make_assessment():
    """Build an assessment from services ``{name: [(filled, required, spare) for each half-day]}``."""

    def build(services, *, supervision=None, blocks=14, **changes):
        when = [(START + timedelta(days=block // 2), HALVES[block % 2]) for block in range(blocks)]
        built, gaps = [], []
        for name, cells in services.items():
            spares = [spare if required else None for _, required, spare in cells]
            worst = min((s, b) for b, s in enumerate(spares) if s is not None)
            built.append(
                ServiceHealth(
                    service=name[:10],
                    name=name,
                    demanded=sum(required for _, required, _ in cells),
                    filled=sum(filled for filled, _, _ in cells),
                    available=100,
                    utilization=0.5,
                    level=UtilizationLevel.GREEN,
                    pool_size=4.2,
                    mean_wait=0.1,
                    worst_margin=worst[0],
                    worst_half_day=half_day_label(*when[worst[1]]),
                    redundancy=redundancy(worst[0]),
                    required_by_half_day=tuple(required for _, required, _ in cells),
                    filled_by_half_day=tuple(filled for filled, _, _ in cells),
                    spare_by_half_day=tuple(spares),
                )
            )
            gaps += [
                Gap(day=when[block][0], half=when[block][1], service=name[:10], missing=required - filled)
                for block, (filled, required, _) in enumerate(cells)
                if filled < required
            ]
        places = supervision or {}
        supervision_gaps = [
            Gap(day=when[block][0], half=when[block][1], service=place, missing=required - present)
            for place, cells in places.items()
            for block, (present, required) in enumerate(cells)
            if present < required
        ]
        required = sum(s.demanded for s in built)
        filled = sum(s.filled for s in built)
        values = {
            "period_start": START,
            "period_end": START + timedelta(days=blocks // 2),
            "input_hash": "0123456789abcdef" * 4,
            "status": HealthStatus.DEGRADED,
            "utilization": 0.84,
            "utilization_level": UtilizationLevel.ORANGE,
            "faculty_demanded": 84,
            "faculty_available": 100,
            "buffer": 0.0,
            "mean_wait": 0.3,
            "pool_size": 7.1,
            "coverage": filled / required if required else 1.0,
            "required_slots": required,
            "filled_slots": filled,
            "defense_level": DefenseLevel.PREVENTION,
            "may_act_automatically": True,
            "load_shedding_level": "NORMAL",
            "n1_pass": True,
            "n2_pass": False,
            "phase_risk": PhaseRisk.LOW,
            "contingency_requested": False,
            "services": tuple(built),
            "half_days": tuple(
                HalfDayHealth(
                    day=day,
                    half=half,
                    demanded=sum(s.required_by_half_day[block] for s in built),
                    filled=sum(s.filled_by_half_day[block] for s in built),
                    faculty_demanded=block % 9,
                    faculty_available=8,
                    supervision_required=0,
                    supervisors=0,
                    utilization=(block % 9) / 8,
                    level=UtilizationLevel.GREEN,
                )
                for block, (day, half) in enumerate(when)
            ),
            "gaps": tuple(sorted(gaps, key=lambda gap: (gap.day, gap.half))),
            "supervision_gaps": tuple(sorted(supervision_gaps, key=lambda gap: (gap.day, gap.half))),
            "supervision": tuple(
                LocationSupervision(
                    location=place,
                    required_by_half_day=tuple(required for _, required in cells),
                    present_by_half_day=tuple(present for present, _ in cells),
                )
                for place, cells in places.items()
            ),
            "immediate_actions": (),
            "watch_items": (),
            "warnings": (),
        }
        return HealthAssessment(**{**values, **changes})

    return build


@pytest.fixture(scope="session")
def make_report():
    """Build a report from ``{person: (assigned, reassigned, supervision)}`` and the same for pairs."""

    def build(singles, pairs, **changes):
        n1 = tuple(
            PersonLoss(
                person=person,
                assigned_gap=assigned,
                reassigned_gap=reassigned,
                supervision_deficit=supervision,
                sole_provider_slots=0,
                severity=severity_of(assigned, reassigned, supervision),
            )
            for person, (assigned, reassigned, supervision) in singles.items()
        )
        n2 = tuple(
            PairLoss(
                a=a, b=b, assigned_gap=assigned, reassigned_gap=reassigned, supervision_deficit=supervision
            )
            for (a, b), (assigned, reassigned, supervision) in pairs.items()
        )
        critical = {loss.person for loss in n1 if loss.severity is Severity.CRITICAL}
        fatal = [pair for pair in n2 if pair.reassigned_gap > 0 or pair.supervision_deficit > 0]
        values = {
            "period_start": START,
            "period_end": START + timedelta(days=90),
            "who": None,
            "input_hash": "0123456789abcdef" * 4,
            "people_analysed": len(n1),
            "pairs_analysed": len(n1) * (len(n1) - 1) // 2,
            "base": BaseShortfall(assigned_only=0, after_reassignment=0),
            "base_supervision_deficit": 0,
            "n1": n1,
            "n2": n2,
            "n1_pass": not critical,
            "n2_pass": not fatal,
            "joint_only_pairs": tuple(p for p in fatal if p.a not in critical and p.b not in critical),
            "phase_risk": PhaseRisk.LOW,
            "phase_indicators": (),
            "impacts": (),
            "recommendations": (),
            "warnings": (),
        }
        return ContingencyReport(**{**values, **changes})

    return build


def severity_of(assigned, reassigned, supervision):
    if reassigned > 0 or supervision > 0:
        return Severity.CRITICAL
    if assigned > 5:
        return Severity.HIGH
    return Severity.MEDIUM if assigned else Severity.NONE


@pytest.fixture(scope="session")
def hostile():
    """Text that tries to break out of tables, paragraphs and pictures."""
    return "|x| <script>alert(1)</script> `q` [a](javascript:alert(2)) ![i](http://evil.example/p.png) *b*"
