"""What the rules are called and which part of a report they belong to."""

from residency.acgme.findings import SUPERVISION
from residency.acgme.rules import Rule, Rules, RuleSet
from residency.reports.compliance_body import Topic

TOPIC_TITLES = {
    Topic.HOURS: "Weekly hours",
    Topic.FREE_DAYS: "Days free of duty",
    Topic.REST: "Rest and continuous duty",
    Topic.CALL: "Call",
    Topic.SUPERVISION: "Supervision",
    Topic.MOONLIGHTING: "Moonlighting",
    Topic.LOCAL: "The program's own limits",
}

_TITLES = {
    "HOURS_80": ("80 hours a week, averaged", Topic.HOURS),
    "HOURS_88_EXCEPTION": ("Approved exception, up to 88 hours", Topic.HOURS),
    "FREE_DAY": ("One day in seven free, averaged", Topic.FREE_DAYS),
    "REST_8": ("Hours off between work periods", Topic.REST),
    "REST_14_AFTER_24": ("Rest after 24 hours of in-house call", Topic.REST),
    "CONTINUOUS_24_4": ("24 hours of continuous duty", Topic.REST),
    "PGY1_SHIFT_CAP": ("Longest shift of a first-year resident", Topic.REST),
    "MOONLIGHTING": ("Moonlighting only from PGY-2", Topic.MOONLIGHTING),
    "NIGHT_FLOAT": ("Consecutive nights of night float", Topic.CALL),
    "CALL_Q3": ("In-house call every third night at most", Topic.CALL),
    "HOME_CALL": ("Home call", Topic.CALL),
    SUPERVISION: ("One attending for four units of supervision", Topic.SUPERVISION),
    "LOCAL_DUTY_DAYS_6": ("More than six duty days in a row", Topic.LOCAL),
    "LOCAL_DUTY_DAYS_13": ("More than thirteen duty days in a row", Topic.LOCAL),
    "LOCAL_REST_10": ("Rest below ten hours", Topic.LOCAL),
    "LOCAL_MOONLIGHTING_20": ("Moonlighting above 20 hours in a week", Topic.LOCAL),
    "LOCAL_HOURS_76": ("Weekly hours above 76", Topic.LOCAL),
    "LOCAL_CALL_NIGHTS_2": ("More than two call nights in a row", Topic.LOCAL),
    "LOCAL_RECOVERY": ("Recovery days after absence", Topic.LOCAL),
    "LOCAL_AWAY_28": ("More than 28 days away in a year", Topic.LOCAL),
}
_ORDER = {rule: position for position, rule in enumerate(_TITLES)}


def rule_title(rule: str) -> str:
    """The rule in words; a rule that the report has no words for yet goes by its id."""
    return _TITLES[rule][0] if rule in _TITLES else rule


def rule_topic(rule: str) -> Topic:
    """The part of the report that a rule belongs to; one not known here is taken for a local one."""
    return _TITLES[rule][1] if rule in _TITLES else Topic.LOCAL


def rule_order(rule: str) -> tuple[int, str]:
    """Sorts rules as the report lists them, those without words last by id."""
    return _ORDER.get(rule, len(_ORDER)), rule


def rule_reference(rules: RuleSet, rule: str) -> tuple[str, str]:
    """Reference and force of a rule; supervision is no rule of the set but of 42 CFR 415.174."""
    known: Rule | None = getattr(rules.rules, rule) if rule in Rules.model_fields else None
    if known is None:
        return ("42 CFR 415.174", "must") if rule == SUPERVISION else ("", "")
    return known.reference, known.force
