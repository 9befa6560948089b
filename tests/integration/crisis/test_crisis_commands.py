"""Crisis response at the terminal: sentences, JSON, exit codes, and each thing that cannot be asked."""

import json
import re

from sqlalchemy import update

from residency.store.tables import CrisisRequest, OutboxMessage, ScheduleVersion

ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


async def test_a_crisis_from_request_to_end(residency, published, busy, lose, rows):
    code, said, errors = await residency("crisis", "status")
    assert (code, said, errors) == (0, "No crisis is open, and there was none before.\n", "")
    for person in busy[:2]:
        await lose(person)

    wanted = ("request", "--level", "critical", "--reason", "Two are ill", "--by", "coordinator")
    code, said, _ = await residency("crisis", *wanted)
    assert code == 0
    told = re.match(rf"Request ({ID}) \(level critical\) waits until .* UTC for a second person\.", said)
    assert "Nothing has changed yet." in said
    assert "waits for the next health check: the Prefect server at http://127.0.0.1:9/api" in said
    request = told[1]
    code, said, _ = await residency("crisis", *wanted)
    assert said.startswith(f"Request {request} (level critical) was made before and waits until")
    code, said, _ = await residency("crisis", "status")
    assert f"Request {request} (level critical) by coordinator waits until" in said

    code, said, errors = await residency("crisis", "approve", request, "--by", "COORDINATOR")
    assert (code, said) == (2, "")
    assert errors == (
        "by: 'coordinator' is not valid; expected a second person; 'coordinator' has requested it and cannot "
        "approve it as well\n"
    )
    code, said, _ = await residency("crisis", "approve", request, "--by", "deputy")
    assert code == 0
    assert said.startswith("The crisis response is active.\nLevel critical sheds load to RED: core education")
    (draft,) = await rows(ScheduleVersion, ScheduleVersion.publication == "draft")
    assert f"`residency publish {draft.id}`" in said
    assert "2 faculty members are lost" in said
    code, said, _ = await residency("crisis", "approve", request, "--by", "deputy")
    assert code == 0
    assert said.startswith(f"Request {request} was approved already, at ")
    code, _, errors = await residency("crisis", "approve", request, "--by", "Chief")
    assert code == 1
    assert "was approved by deputy" in errors

    code, said, _ = await residency("crisis", "status")
    assert said.startswith("A crisis is open since ")
    assert "load is shed to RED. Approved by deputy: Two are ill" in said
    assert "Fallback 2_faculty_loss in force, " in said
    code, said, _ = await residency("crisis", "status", "--json")
    status = json.loads(said)
    assert (status["level"], status["crisis"]["level"], status["pending"]) == ("RED", "critical", [])
    code, _, errors = await residency("crisis", *wanted[:2], "warning", *wanted[3:])
    assert code == 1
    assert "a crisis is open already with load shed to RED" in errors

    code, said, _ = await residency("crisis", "deactivate", "--reason", "Back", "--by", "coordinator")
    assert code == 0
    assert said.startswith("The crisis is over: load is back from RED to NORMAL.\nWork comes back in this")
    assert f"1 fallback is off; the draft stays as before ({draft.id})." in said
    code, said, _ = await residency("crisis", "deactivate", "--reason", "Back", "--by", "coordinator")
    assert (code, said) == (0, "No crisis is open; nothing was changed.\n")
    code, said, _ = await residency("crisis", "status")
    assert said.startswith("No crisis is open. The last one, at RED, ended ")
    code, said, _ = await residency("crisis", *wanted)
    assert said.startswith(
        f"Request {request} was made before and is approved; nothing was changed. Is it a new crisis? "
        "Ask again with a --key of your own."
    )
    code, said, _ = await residency("crisis", *wanted, "--key", "a second one")
    assert re.match(rf"Request (?!{request}){ID} \(level critical\) waits until", said)


async def test_what_is_wrong_is_told_by_name(residency, published, engine, rows):
    why = ("--reason", "ill", "--by", "coordinator")
    for words, said in (
        (("--level", "severe"), "level: 'severe' is not valid; expected one of warning, critical, emergency"),
        (("--severity", "warning"), "severity: 'warning' is not valid; expected one of minor, moderate,"),
        ((), "level: None is not valid; expected one of warning, critical, emergency, or instead a severity"),
        (("--level", "critical", "--severity", "critical"), "expected either a level"),
        (
            ("--level", "critical", "--to-critical"),
            "to_critical: True is not valid; expected level emergency",
        ),
    ):
        for command in (("request", *words, *why), ("simulate", *words)):
            code, output, errors = await residency("crisis", *command)
            assert (code, output) == (2, ""), command
            assert said in errors
    code, _, errors = await residency("crisis", "request", "--level", "critical", *why[:3], "nobody")
    assert (code, errors) == (2, "requested_by: there is no active user 'nobody'\n")
    code, _, errors = await residency("crisis", "request", "--level", "critical", "--reason", " ", *why[2:])
    assert code == 2
    assert errors.startswith("reason: ' ' is not valid")
    code, _, errors = await residency("crisis", "deactivate", "--reason", "over", "--by", "doctor")
    assert code == 2
    assert "an administrator or coordinator; the user's role is faculty" in errors

    code, said, _ = await residency("crisis", "request", "--level", "critical", *why, "--key", "k", "--json")
    request = json.loads(said)
    assert (code, request["status"], request["replayed"]) == (0, "pending", False)
    code, _, errors = await residency("crisis", "request", "--level", "warning", *why, "--key", "k")
    assert code == 1
    assert "idempotency_key 'k' was used for crisis request" in errors
    async with engine.begin() as connection:
        await connection.execute(
            update(CrisisRequest).values(
                requested_at=CrisisRequest.requested_at
                - CrisisRequest.expires_at
                + CrisisRequest.requested_at,
                expires_at=CrisisRequest.requested_at,
            )
        )
    code, _, errors = await residency("crisis", "approve", request["id"], "--by", "deputy")
    assert code == 1
    assert "4 hours after it was made, and cannot be decided any more; request it anew" in errors


async def test_a_request_can_be_declined_and_a_crisis_tried_out(
    residency, published, busy, lose, counts, rows
):
    await lose(busy[0])
    before = await counts()
    code, said, errors = await residency("crisis", "simulate", "--severity", "severe")
    assert (code, errors) == (0, "")
    assert said.startswith("Simulated, and nothing was changed.\nSeverity severe sheds load to RED: ")
    assert "(1_faculty_loss, made on the spot) covers " in said
    assert "  Would stop: " in said
    assert "  Would stay: " in said
    code, said, _ = await residency("crisis", "simulate", "--level", "emergency", "--json")
    plan = json.loads(said)
    assert (plan["load"]["level"], plan["scenario"]) == ("BLACK", "mass_casualty_event")
    assert await counts() == before

    code, said, _ = await residency(
        "crisis", "request", "--severity", "severe", "--reason", "ill", "--by", "deputy", "--json"
    )
    request = json.loads(said)["id"]
    code, said, _ = await residency("crisis", "decline", request, "--by", "Chief", "--reason", "We cope")
    assert (code, said) == (0, f"Request {request} is declined by Chief; nothing was changed.\n")
    code, _, errors = await residency("crisis", "approve", request, "--by", "Chief")
    assert code == 1
    assert "was declined by Chief" in errors
    assert all(each.done_at for each in await rows(OutboxMessage) if "crisis" in each.dedup_key)
