"""What the tests of the duty-hours engine share: an oracle, and records by hand and at random."""

import importlib.util
from pathlib import Path

import pytest

RULES = (
    "HOURS_80",
    "HOURS_88_EXCEPTION",
    "FREE_DAY",
    "REST_8",
    "REST_14_AFTER_24",
    "CONTINUOUS_24_4",
    "PGY1_SHIFT_CAP",
    "MOONLIGHTING",
    "NIGHT_FLOAT",
    "CALL_Q3",
    "HOME_CALL",
)


def neighbour(name):
    """A module beside this file; test folders are no packages."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle():
    """The slow judge: ``oracle.judged(record, rule_set)``."""
    return neighbour("duty_oracle")


@pytest.fixture(scope="session")
def records():
    """Makers of records: ``records.record_of(rows)``, ``records.random_record(rng)``."""
    return neighbour("duty_records")


@pytest.fixture(scope="session")
def verdicts(oracle):
    """What the engine, or with ``slow`` the oracle, says of a record, in one form that compares."""
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    def said(record, rules="acgme-2017", *, slow=False):
        if slow:
            return _of_oracle(oracle.judged(record, rules))
        return _of_engine(judge(record, rule_set(rules)))

    return said


@pytest.fixture
def found(verdicts, records):
    """Findings of one rule as (value, limit, verdict), early warnings left out."""

    def found(rule, rows, rules="acgme-2017", **rest):
        said = verdicts(records.record_of(rows, **rest), rules)
        return [
            (value, limit, verdict)
            for _, _, broken, _, _, value, limit, _, verdict in said["findings"]
            if broken == rule and verdict != "early_warning"
        ]

    return found


@pytest.fixture
def person(verdicts, records):
    """Somebody's largest average, fullest week, smallest gap and fewest free days."""

    def person(rows, **rest):
        (figures,) = verdicts(records.record_of(rows, **rest))["people"]
        return figures[1:]

    return person


def _of_engine(judgement):
    findings = [
        (
            found.person,
            found.window_start,
            found.rule,
            found.force.value,
            found.window_end,
            pytest.approx(found.value, abs=1e-9),
            pytest.approx(found.limit, abs=1e-9),
            found.unit,
            found.verdict.value,
        )
        for found in judgement.findings
    ]
    return {
        "findings": findings,
        "by_rule": {
            rule: (tally.checked, tally.violations, tally.warnings)
            for rule, tally in judgement.by_rule.items()
        },
        "not_applicable": sorted(
            (each.rule, each.person, each.window_start) for each in judgement.not_applicable
        ),
        "people": [
            (
                each.person,
                *(
                    None if figure is None else pytest.approx(figure, abs=1e-9)
                    for figure in (
                        each.max_average_hours,
                        each.max_week_hours,
                        each.min_gap_hours,
                        each.min_free_days,
                    )
                ),
            )
            for each in judgement.people
        ],
    }


def _of_oracle(said):
    tallies = {
        rule: (
            said.checked[rule],
            sum((found.rule, found.verdict) == (rule, "violation") for found in said.findings),
            sum((found.rule, found.verdict) == (rule, "warning") for found in said.findings),
        )
        for rule in RULES
    }
    return {
        "findings": [
            (*found[:5], float(found.value), float(found.limit), *found[7:]) for found in said.findings
        ],
        "by_rule": tallies,
        "not_applicable": sorted(said.not_applicable),
        "people": [
            (name, *(None if f is None else float(f) for f in figures)) for name, *figures in said.people
        ],
    }
