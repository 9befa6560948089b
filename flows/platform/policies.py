"""Retry, deadline and lateness classes of the deployed flows; the only place where these numbers stand."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

SOFT_LIMIT_SECONDS = 540
"""The cooperative deadline of every run."""


class FlowPolicy(TypedDict):
    """Keyword arguments of ``@flow`` that a policy decides."""

    retries: int
    retry_delay_seconds: int
    timeout_seconds: int


def _policy(retries: int, delay_seconds: int) -> FlowPolicy:
    return {
        "retries": retries,
        "retry_delay_seconds": delay_seconds,
        "timeout_seconds": SOFT_LIMIT_SECONDS,
    }


HEALTH_CHECK = _policy(3, 60)
CONTINGENCY = _policy(2, 300)
FORECAST = _policy(2, 300)
FALLBACKS = _policy(1, 600)
ALERT = _policy(3, 30)
CRISIS = _policy(0, 0)
METRICS = _policy(3, 60)
VERSION_DIFF = _policy(2, 120)
FAIRNESS_TREND = _policy(2, 120)
SNAPSHOT_CLEANUP = _policy(2, 300)
COMPLIANCE_REPORT = _policy(3, 300)
VALIDATION = _policy(2, 60)
CONFLICTS = _policy(3, 60)
COVER = _policy(2, 60)


@dataclass(frozen=True, slots=True)
class Lateness:
    """When a missed scheduled run is not worth running any more.

    ``skip_after`` is counted from the scheduled instant; with ``tell`` administrators learn of the skip.
    """

    skip_after: timedelta
    tell: bool


QUARTER_HOURLY = Lateness(skip_after=timedelta(minutes=15), tell=False)
"""Only the newest missed run executes: a run one period late has a successor that is due already."""

HOURLY = Lateness(skip_after=timedelta(hours=1), tell=False)
"""A missed hour stays a gap: what is measured now is not what was then."""

DAILY = Lateness(skip_after=timedelta(hours=12), tell=True)
WEEKLY = Lateness(skip_after=timedelta(days=3), tell=True)
MONTHLY = Lateness(skip_after=timedelta(days=7), tell=True)
