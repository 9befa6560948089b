"""The duty-hours engine's judgement as one measure, plain and weighted by severity."""

from residency.acgme.findings import Checks, Judgement, Verdict
from residency.quality.results import Compliance, StatusLabel
from residency.quality.status import COMPLIANCE_WARNING


def compliance(judgement: Judgement) -> Compliance:
    """Compliance of a judged period; without any check there is none, not 100 %."""
    checks = judgement.checks
    violations = len(judgement.violations)
    return Compliance(
        rule_set=judgement.rule_set,
        checks=sum(checks.made.values()),
        failed=sum(checks.failed.values()),
        violations=violations,
        warnings=sum(finding.verdict is Verdict.WARNING for finding in judgement.findings),
        compliance=checks.compliance,
        weighted=checks.weighted,
        status=_status(checks, violations),
    )


def _status(checks: Checks, violations: int) -> StatusLabel:
    """Good with no violation, warning from 90 % on, else critical."""
    if checks.compliance is None:
        return StatusLabel.NO_DATA
    if not violations:
        return StatusLabel.GOOD
    return StatusLabel.WARNING if checks.compliance >= COMPLIANCE_WARNING else StatusLabel.CRITICAL
