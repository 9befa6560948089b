"""Rule sets: what they hold, and that an overlay may tighten and never loosen."""

import pytest

from residency.acgme.engine import judge
from residency.acgme.rules import NATIONAL_RULES, rule_set, rule_set_names
from residency.errors import InvalidInputError

OVERLAY = """id = "local-test"
title = "Test"
parent = "acgme-2011"
valid_from = 2026-01-01
"""


@pytest.fixture
def overlay(tmp_path):
    """The rule set of an overlay's text."""
    numbers = iter(range(99))

    def overlay(text, head=OVERLAY):
        path = tmp_path / f"overlay-{next(numbers)}.toml"
        path.write_text(head + text)
        return rule_set(str(path))

    return overlay


def test_the_national_rules_are_these_eleven():
    assert NATIONAL_RULES == (
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
    assert rule_set_names() == ("acgme-2011", "acgme-2017", "local-default")
    assert rule_set().id == "acgme-2017"


@pytest.mark.parametrize("name", ["acgme-2011", "acgme-2017", "local-default"])
def test_forces_and_severities_are_the_specifications(name):
    rules = rule_set(name).rules
    critical = {"HOURS_80", "HOURS_88_EXCEPTION", "CONTINUOUS_24_4", "PGY1_SHIFT_CAP"}
    for rule in NATIONAL_RULES:
        limits = getattr(rules, rule)
        if limits is None:
            assert rule in {"PGY1_SHIFT_CAP", "NIGHT_FLOAT"}
            assert name != "acgme-2011"
            continue
        should = rule == "REST_8" and name != "acgme-2011"
        assert limits.force == ("should" if should else "must")
        expected = "critical" if rule in critical else "medium" if rule == "REST_8" else "high"
        assert limits.severity == expected
        assert limits.reference.startswith("VI.F")


def test_a_rule_set_that_nobody_knows_is_refused(tmp_path):
    for name in ("acgme-2003", "", "acgme-2017.toml", str(tmp_path / "none.toml"), "../rules.py"):
        with pytest.raises(InvalidInputError, match=r"acgme-2011, acgme-2017, local-default") as refused:
            rule_set(name)
        assert refused.value.value == name


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[rules.HOURS_80]\nmax_hours = 81\n", "HOURS_80.max_hours"),
        ("[rules.HOURS_88_EXCEPTION]\nmax_hours = 90\n", "HOURS_88_EXCEPTION.max_hours"),
        ("[rules.FREE_DAY]\none_day_in = 8\n", "FREE_DAY.one_day_in"),
        ("[rules.REST_8]\nmin_hours = 7.5\n", "REST_8.min_hours"),
        ("[rules.REST_8]\nshould_hours = 9\n", "REST_8.should_hours"),
        ("[rules.REST_14_AFTER_24]\nmin_hours = 13\n", "REST_14_AFTER_24.min_hours"),
        ("[rules.REST_14_AFTER_24]\nafter_hours = 25\n", "REST_14_AFTER_24.after_hours"),
        ("[rules.CONTINUOUS_24_4]\nmax_hours = 28\n", "CONTINUOUS_24_4.max_hours"),
        ("[rules.CONTINUOUS_24_4]\nmax_transition_hours = 4.5\n", "CONTINUOUS_24_4.max_transition_hours"),
        ("[rules.CONTINUOUS_24_4]\nmin_pgy = 3\n", "CONTINUOUS_24_4.min_pgy"),
        ("[rules.PGY1_SHIFT_CAP]\nmax_hours = 17\n", "PGY1_SHIFT_CAP.max_hours"),
        ("[rules.MOONLIGHTING]\nmin_pgy = 1\n", "MOONLIGHTING.min_pgy"),
        ("[rules.NIGHT_FLOAT]\nmax_nights = 7\n", "NIGHT_FLOAT.max_nights"),
        ("[rules.CALL_Q3]\none_night_in = 2\n", "CALL_Q3.one_night_in"),
        ('[rules.HOURS_80]\nforce = "should"\n', "HOURS_80"),
        ("[rules.FREE_DAY]\nenabled = false\n", "FREE_DAY"),
        ("longest_window_days = 62\n", "longest_window_days"),
        ("missing_data_days = 11\n", "missing_data_days"),
    ],
)
def test_an_overlay_may_not_loosen_what_binds(overlay, text, field):
    with pytest.raises(InvalidInputError) as refused:
        overlay(text)
    assert refused.value.field == f"rule set local-test, {field}"


@pytest.mark.parametrize(
    "text",
    [
        "[rules.HOURS_80]\nmax_hours = 76\n",
        "[rules.HOURS_80]\nmax_hours = 80\n",
        "[rules.HOURS_88_EXCEPTION]\nmax_hours = 84\n",
        "[rules.FREE_DAY]\none_day_in = 6\n",
        "[rules.REST_8]\nmin_hours = 9\n",
        "[rules.NIGHT_FLOAT]\nmax_nights = 5\n",
        "[rules.CALL_Q3]\none_night_in = 4\n",
        '[rules.HOME_CALL]\nfrequency_force = "must"\n',
        "[rules.HOME_CALL]\none_night_in = 3\n",
        "[rules.HOME_CALL]\nenabled = true\n",
        '[rules.LOCAL_REST_10]\nforce = "should"\nseverity = "medium"\nreference = "local"\nmin_hours = 11\n',
        "missing_data_days = 7\n",
        "missing_data_days = 1\n",
        "merge_gap_minutes = 60\n",
        "window_days = 7\nlongest_window_days = 28\n",
        "[rules.CONTINUOUS_24_4]\nmax_transition_hours = 0\n",
        'averaging = "calendar_month"\n',
    ],
)
def test_an_overlay_may_tighten_and_warn(overlay, text):
    rules = overlay(text)
    assert rules.id == "local-test"
    assert rules.parent == "acgme-2011"


def test_what_only_should_be_may_be_changed(overlay):
    head = OVERLAY.replace("acgme-2011", "acgme-2017")
    assert overlay("[rules.REST_8]\nmin_hours = 7\n", head).rules.REST_8.min_hours == 7
    little = overlay("[rules.REST_8]\nmin_hours = 0.25\nshould_hours = 0.5\n", head).rules.REST_8
    assert (little.min_hours, little.should_hours) == (0.25, 0.5)
    assert overlay('[rules.REST_8]\nforce = "must"\n', head).rules.REST_8.force == "must"


def test_a_rule_that_only_should_be_kept_may_be_switched_off(overlay, records):
    head = OVERLAY.replace("acgme-2011", "acgme-2017")
    shifts = records.record_of(
        [("2026-03-02T07:00", "2026-03-02T23:00"), ("2026-03-03T04:00", "2026-03-03T09:00")]
    )
    assert judge(shifts, rule_set()).by_rule["REST_8"].warnings == 1
    silent = judge(shifts, overlay("[rules.REST_8]\nenabled = false\n", head))
    assert silent.by_rule["REST_8"].checked == 0
    assert [finding for finding in silent.findings if finding.rule == "REST_8"] == []


def test_an_overlay_of_an_overlay_is_held_to_both(overlay, tmp_path):
    (tmp_path / "middle.toml").write_text(OVERLAY + "[rules.HOURS_80]\nmax_hours = 70\n")
    head = OVERLAY.replace("acgme-2011", str(tmp_path / "middle.toml"))
    assert overlay("[rules.HOURS_80]\nmax_hours = 60\n", head).rules.HOURS_80.max_hours == 60
    with pytest.raises(InvalidInputError, match="at most 70"):
        overlay("[rules.HOURS_80]\nmax_hours = 75\n", head)


def test_a_number_that_the_parent_does_not_have_may_be_added(overlay, tmp_path):
    (tmp_path / "middle.toml").write_text(
        OVERLAY.replace("acgme-2011", "acgme-2017") + '[rules.REST_8]\nforce = "must"\n'
    )
    head = OVERLAY.replace("acgme-2011", str(tmp_path / "middle.toml"))
    assert overlay("[rules.REST_8]\nshould_hours = 9\n", head).rules.REST_8.should_hours == 9


def test_a_rule_set_that_descends_from_itself_is_refused(tmp_path):
    path = tmp_path / "round.toml"
    path.write_text(OVERLAY.replace("acgme-2011", str(path)))
    with pytest.raises(InvalidInputError, match="descend from itself"):
        rule_set(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rules.HOURS_80\n", "a TOML file"),
        ("[rules.HOURS_80]\nmax_hours = 0\n", "greater than 0"),
        ('[rules.HOURS_80]\nmax_hours = "eighty"\n', "rules.HOURS_80.max_hours"),
        ("[rules.HOURS_70]\nmax_hours = 70\n", "rules.HOURS_70"),
        ("[rules.HOURS_80]\nmost = 70\n", "rules.HOURS_80.most"),
        ("[rules.LOCAL_DUTY_DAYS_6]\nmax_days = 6\n", "rules.LOCAL_DUTY_DAYS_6"),
        ("window_days = 400\n", "window_days"),
        ("window_days = 6\n", "window_days"),
        ("longest_window_days = 27\n", "longest_window_days"),
        ("missing_data_days = 0\n", "missing_data_days"),
        ("merge_gap_minutes = 61\n", "merge_gap_minutes"),
        ("merge_gap_minutes = -1\n", "merge_gap_minutes"),
        ("[rules.CONTINUOUS_24_4]\nmax_transition_hours = -0.5\n", "max_transition_hours"),
        ("[rules.REST_8]\nmin_hours = 0\nshould_hours = 0\n", "REST_8"),
    ],
)
def test_what_is_wrong_in_an_overlay_is_named(overlay, text, words):
    with pytest.raises(InvalidInputError) as refused:
        overlay(text)
    assert words in str(refused.value)


def test_an_exception_reaches_no_higher_than_the_rule_set_allows(overlay, records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [880] * 24)
    window = ("2026-03-02", "2026-03-30")
    record = records.record_of(rows, periods=[window], exceptions=[(*window, 88.0)], pgy=2)
    tight = overlay("[rules.HOURS_88_EXCEPTION]\nmax_hours = 84\n")
    assert [found.rule for found in judge(record, rule_set("acgme-2011")).violations] == []
    (found,) = judge(record, tight).violations
    assert (found.rule, found.rule_set, found.value, found.limit) == ("HOURS_80", "local-test", 88, 84)


def test_without_levels_there_is_no_early_warning(overlay, records):
    rows = records.shifts("2026-03-02", range(7), "05:00", [660] * 28)
    record = records.record_of(rows, pgy=2)
    quiet = overlay("[rules.HOURS_80]\nearly_warning_hours = []\n")
    for rules, told in ((rule_set("acgme-2011"), True), (quiet, False)):
        assert ("early_warning" in [found.force for found in judge(record, rules).findings]) == told


def test_a_number_that_no_layer_has_named_may_be_added_to_a_binding_rule(tmp_path):
    binding, tighter = tmp_path / "binding.toml", tmp_path / "tighter.toml"
    head = 'title = "Test"\nvalid_from = 2026-01-01\n'
    binding.write_text(f'id = "a"\nparent = "acgme-2017"\n{head}[rules.REST_8]\nforce = "must"\n')
    tighter.write_text(f'id = "b"\nparent = "{binding}"\n{head}[rules.REST_8]\nshould_hours = 11\n')
    assert rule_set(str(binding)).rules.REST_8.should_hours is None
    assert rule_set(str(tighter)).rules.REST_8.should_hours == 11
