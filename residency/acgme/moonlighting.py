"""MOONLIGHTING: work outside the program's own, which first-year residents may not do at all."""

from residency.acgme.continuous import unknown_pgy
from residency.acgme.facts import Facts
from residency.acgme.findings import Force
from residency.acgme.kinds import MOONLIGHTING as KINDS
from residency.acgme.outcome import Measure, Outcome, hours, instant_findings

MOONLIGHTING = "MOONLIGHTING"


def judge_moonlighting(facts: Facts) -> Outcome:
    """No moonlighting below the post-graduate year that the rule names (VI.F.5)."""
    rule = facts.rules.rules.MOONLIGHTING
    spans, line = facts.union_of(*KINDS), facts.timeline
    reported = facts.reported(spans.end - 1)
    pgy = facts.pgy_at(line.person(spans.start), line.day(line.minute(spans.start)))
    known = reported & (pgy > 0)
    broken = known & (pgy < rule.min_pgy)
    measures = (
        Measure(
            minutes / 60,
            0.0,
            "h",
            f"{hours(minutes)} of moonlighting by a resident of PGY-{level}; none is allowed before "
            f"PGY-{rule.min_pgy}",
        )
        for minutes, level in zip(spans.length[broken].tolist(), pgy[broken].tolist(), strict=True)
    )
    edges = spans.start[broken], spans.end[broken]
    return Outcome(
        rule=MOONLIGHTING,
        severity=rule.severity,
        checked=int(known.sum()),
        findings=instant_findings(facts, MOONLIGHTING, Force(rule.force), rule.severity, edges, measures),
        not_judged=unknown_pgy(facts, MOONLIGHTING, spans.start[reported & (pgy == 0)]),
        looked=facts.window_of(spans.end[known] - 1),
        broken=facts.window_of(spans.end[broken] - 1),
    )
