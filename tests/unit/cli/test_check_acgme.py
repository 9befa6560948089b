"""``residency check acgme``: files in, a judgement out, and every wrong cell named."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from residency.errors import InvalidInputError

ROTA = Path(__file__).parents[2] / "data" / "cpft-south" / "duties.csv"
FILES = {
    "people": "person,pgy\nAnn,2\nBob,1\nCyd,\n",
    "leave": "person,start,end\nAnn,2026-03-05,2026-03-06\n",
    "periods": "person,start,end,kind\nAnn,2026-03-02,2026-03-09,\nBob,2026-03-02,2026-03-09,rotation\n",
    "exceptions": "person,start,end,limit\nBob,2026-03-01,2026-04-01,88\n",
}
FINDING_KEYS = [
    "rule",
    "force",
    "person",
    "window_start",
    "window_end",
    "value",
    "limit",
    "unit",
    "arithmetic",
    "verdict",
]
LONDON = ("--timezone", "Europe/London")


def test_json_holds_exactly_what_is_promised(judged_files):
    body = judged_files(*LONDON, **FILES)
    assert list(body)[:2] == ["rule_set", "timezone"]
    assert {"rule_set", "findings", "by_rule", "not_applicable", "people"} <= set(body)
    assert (body["rule_set"], body["timezone"]) == ("acgme-2017", "Europe/London")
    assert [list(each)[: len(FINDING_KEYS)] for each in body["findings"]] == [FINDING_KEYS] * 3
    assert [(each["rule"], each["force"], each["person"], each["verdict"]) for each in body["findings"]] == [
        ("REST_14_AFTER_24", "must", "Ann", "violation"),
        ("REST_8", "should", "Bob", "warning"),
        ("MOONLIGHTING", "must", "Bob", "violation"),
    ]
    first = body["findings"][0]
    assert (first["window_start"], first["window_end"], first["limit"], first["unit"]) == (
        "2026-03-03T07:00:00+00:00",
        "2026-03-03T20:59:00+00:00",
        14,
        "h",
    )
    assert first["value"] == pytest.approx(14 - 1 / 60)
    assert "13 h 59 min" in first["arithmetic"]
    assert len(body["by_rule"]) == 11
    assert body["by_rule"]["HOURS_88_EXCEPTION"] == {"checked": 1, "violations": 0, "warnings": 0}
    assert body["not_applicable"] == [
        {
            "rule": "HOURS_80",
            "person": "Cyd",
            "window_start": "",
            "reason": body["not_applicable"][0]["reason"],
        }
    ]
    assert body["not_applicable"][0]["reason"].startswith("not enough data to judge")
    assert body["people"] == [
        {
            "person": "Ann",
            "max_average_hours": pytest.approx((24 + 2 + 1 / 60) * 7 / 6),
            "max_week_hours": pytest.approx(26 + 1 / 60),
            "min_gap_hours": pytest.approx(14 - 1 / 60),
            "min_free_days": 4,
        },
        {
            "person": "Bob",
            "max_average_hours": 20.5,
            "max_week_hours": 20.5,
            "min_gap_hours": 7.5,
            "min_free_days": 5,
        },
        {
            "person": "Cyd",
            "max_average_hours": None,
            "max_week_hours": None,
            "min_gap_hours": None,
            "min_free_days": None,
        },
    ]


def test_the_rules_can_be_chosen(judged_files, check_acgme, tmp_path):
    body = judged_files(*LONDON, "--rules", "acgme-2011", **FILES)
    assert body["rule_set"] == "acgme-2011"
    assert body["by_rule"]["REST_8"] == {"checked": 1, "violations": 1, "warnings": 0}
    overlay = tmp_path / "own.toml"
    overlay.write_text(
        'id = "own"\ntitle = "Own"\nparent = "acgme-2017"\nvalid_from = 2026-01-01\n'
        "[rules.REST_14_AFTER_24]\nmin_hours = 13\n"
    )
    refused = check_acgme(*LONDON, "--rules", str(overlay)).exception
    assert isinstance(refused, InvalidInputError)
    assert "at least 14" in str(refused)
    refused = check_acgme(*LONDON, "--rules", "acgme-1999").exception
    assert isinstance(refused, InvalidInputError)
    assert refused.value == "acgme-1999"


def test_text_is_sentences_with_the_verdict_first(check_acgme):
    text = check_acgme(*LONDON, **FILES).stdout
    assert text.startswith("Duty of 3 people, judged by acgme-2017")
    assert "2 violations" in text.splitlines()[0]
    assert "13 h 59 min of rest" in text
    assert text.index("REST_14_AFTER_24, Ann") < text.index("REST_8, Bob")
    assert "Not judged, which is no pass" in text


def test_good_duty_is_said_to_be_good(check_acgme):
    duties = "person,start,end\nAnn,2026-03-02T08:00Z,2026-03-02T16:00Z\n"
    result = check_acgme(duties=duties)
    assert result.exit_code == 0
    assert "no binding rule is broken" in result.stdout.splitlines()[0]
    assert "REST_8" not in result.stdout


def test_a_repeated_row_counts_once_and_is_told(judged_files, check_acgme, local_duties):
    more = local_duties + "Ann,2026-03-02T07:00,2026-03-03T07:00,in_house_call,\n"
    assert judged_files(*LONDON, duties=more) == judged_files(*LONDON) | {"repeated_rows": 1}
    assert "repeat another one: 1" in check_acgme(*LONDON, duties=more).stdout


def test_a_byte_order_mark_and_crlf_are_no_harm(judged_files, local_duties):
    windows = "\ufeff" + local_duties.replace("\n", "\r\n")
    assert judged_files(*LONDON, duties=windows.encode()) == judged_files(*LONDON)


def test_the_same_instants_in_other_offsets_are_the_same_duty(judged_files):
    zone = ZoneInfo("America/New_York")
    rows = [
        (f"P{person}", datetime(2026, 3, 1, 19, tzinfo=zone) + timedelta(days=night, hours=person))
        for person in range(3)
        for night in range(12)
    ]
    bodies = []
    for offset in (None, -5, 0, 5.75, 14):
        lines = ["person,start,end,kind"]
        for name, start in rows:
            end = (start.astimezone(UTC) + timedelta(hours=13)).astimezone(zone)
            written = [start.replace(tzinfo=None), end.replace(tzinfo=None)]
            if offset is not None:
                there = timezone(timedelta(hours=offset))
                written = [start.astimezone(there), end.astimezone(there)]
            lines.append(",".join([name, *(each.isoformat() for each in written), "night_float"]))
        bodies.append(judged_files("--timezone", "America/New_York", duties="\n".join(lines) + "\n"))
    assert all(body == bodies[0] for body in bodies[1:])
    assert bodies[0]["people"][0]["max_week_hours"] > 80


def test_without_a_time_zone_days_are_those_of_utc(judged_files):
    duties = "person,start,end\nAnn,2026-03-08T20:00-10:00,2026-03-09T08:00-10:00\n"
    assert judged_files(duties=duties)["people"][0]["max_week_hours"] == 12
    assert judged_files("--timezone", "Pacific/Honolulu", duties=duties)["people"][0]["max_week_hours"] == 8


def rota_rows():
    with ROTA.open() as file:
        return [
            (row["person_id"], datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"]))
            for row in csv.DictReader(file)
        ]


def own_count(rows):
    """Each person's fullest week, smallest gap, stretches of work and 4-week averages, with datetimes."""
    london = ZoneInfo("Europe/London")
    found = {}
    for name in sorted({name for name, *_ in rows}):
        stretches = []
        for start, end in sorted((start, end) for who, start, end in rows if who == name):
            if stretches and start <= stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
            else:
                stretches.append((start, end))
        first = stretches[0][0].astimezone(london).date()
        monday, weeks = first - timedelta(days=first.weekday()), []
        for number in range(30):
            edges = [
                datetime.combine(monday + timedelta(days=7 * each), datetime.min.time(), london).astimezone(
                    UTC
                )
                for each in (number, number + 1)
            ]
            inside = (min(end, edges[1]) - max(start, edges[0]) for start, end in stretches)
            weeks.append(sum((max(each, timedelta()) for each in inside), timedelta()) / timedelta(hours=1))
        gaps = [(after - before) / timedelta(hours=1) for (_, before), (after, _) in pairwise(stretches)]
        found[name] = (
            max(weeks),
            min(gaps),
            len(stretches),
            [sum(weeks[at : at + 4]) / 4 for at in range(0, 28, 4)],
        )
    return found


def rota_csv(rows):
    return "person,start,end\n" + "".join(f"{who},{a.isoformat()},{b.isoformat()}\n" for who, a, b in rows)


def test_a_real_rota_has_the_hours_and_gaps_that_datetimes_count(judged_files):
    rows = rota_rows()
    body = judged_files(*LONDON, duties=rota_csv(rows))
    counted = own_count(rows)
    assert len(body["people"]) == len(counted) == 26
    for person in body["people"]:
        week, gap, _, averages = counted[person["person"]]
        assert person["max_week_hours"] == pytest.approx(week)
        assert person["min_gap_hours"] == pytest.approx(gap)
        assert person["max_average_hours"] == pytest.approx(max(averages))
    stretches = sum(count for _, _, count, _ in counted.values())
    rest = [body["by_rule"][rule]["checked"] for rule in ("REST_8", "REST_14_AFTER_24")]
    assert body["by_rule"]["CONTINUOUS_24_4"]["checked"] == stretches
    assert sum(rest) == stretches - 26
    assert stretches == len(rows) == 3283


def test_the_night_of_the_autumn_clock_change_has_13_hours(judged_files):
    nights = [row for row in rota_rows() if row[1].isoformat().startswith("2015-10-24T21:15")]
    assert len(nights) == 2
    body = judged_files(*LONDON, duties=rota_csv(nights))
    assert [person["max_week_hours"] for person in body["people"]] == [13, 13]
    local = "person,start,end\nS,2015-10-24T21:15,2015-10-25T09:15\n"
    assert judged_files(*LONDON, duties=local)["people"][0]["max_week_hours"] == 13


def test_every_duty_of_the_rota_is_covered_as_rostered(judged_files):
    rows = rota_rows()
    nights = [row for row in rows if row[1].hour == 21]
    days = {start.date() for _, start, _ in nights}
    assert len(nights) == 2 * len(days)
    body = judged_files(*LONDON, duties=rota_csv(nights))
    assert body["by_rule"]["CONTINUOUS_24_4"]["checked"] == len(nights)
