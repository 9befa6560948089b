"""Covering for somebody and a simulated absence as flow runs: what they answer, show and leave alone."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.resilience.find_substitutes import find_substitutes
from flows.resilience.simulate_absence import simulate_absence
from residency.errors import InvalidInputError, NotFoundError
from residency.importing.sample import sample_program
from residency.store.tables import AbsenceRow, ConflictAlert, OutboxMessage, PersonRow, TaskRun

TODAY = datetime.now(UTC).date()
DAYS = {"start": TODAY + timedelta(days=3), "last": TODAY + timedelta(days=9)}


async def test_both_questions_are_answered_by_pseudonym_and_store_nothing(scheduled, rows, artifact):
    absences = len(await rows(scheduled, AbsenceRow))
    people = {row.external_id: row.pseudonym for row in await rows(scheduled, PersonRow)}
    result = await find_substitutes(person=people["F03"], **DAYS, most=2)
    assert result["status"] in {"covered", "open"}
    report = result["data"]
    assert report["person"] == people["F03"]
    assert report["slots"]
    assert all(len(slot["substitutes"]) <= 2 for slot in report["slots"])
    cover = await artifact("substitutes")
    assert cover.data.startswith("# Who can cover")
    simulated = await simulate_absence(person="F03", **DAYS, type="sick")
    assert simulated["status"] in {"absorbed", "not_absorbed"}
    assert simulated["data"]["person"] == people["F03"]
    assert simulated["data"]["assigned_gap"] <= len(report["slots"])
    effects = await artifact("simulated-absence")
    assert effects.data.endswith("Nothing was stored.\n")
    told = str(report) + str(simulated["data"]) + cover.data + effects.data
    kept = told + "".join(str(row) for row in await rows(scheduled, TaskRun))
    for person in sample_program(people=29, days=7, seed=1, start=TODAY, timezone="UTC").people:
        assert person.name not in kept
        assert f"'{person.id}'" not in told
        assert f"| {person.id} " not in told
    assert len(await rows(scheduled, AbsenceRow)) == absences
    assert [await rows(scheduled, table) for table in (ConflictAlert, OutboxMessage)] == [[], []]


async def test_what_cannot_be_answered_is_said_by_name(scheduled, artifact):
    beyond = {"start": TODAY + timedelta(days=300), "last": TODAY + timedelta(days=301)}
    for flow, page in ((find_substitutes, "substitutes"), (simulate_absence, "simulated-absence")):
        result = await flow(person="F03", **beyond)
        assert result["status"] == "no_data"
        assert "no schedule is published for any day" in result["warnings"][0]
        assert "No data" in (await artifact(page)).data
        with pytest.raises(NotFoundError, match="nobody in the program"):
            await flow(person="nobody", **DAYS)
        with pytest.raises(InvalidInputError, match="to: "):
            await flow(person="F03", start=DAYS["last"], last=DAYS["start"])
