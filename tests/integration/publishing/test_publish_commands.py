"""The gate as a coordinator meets it: sentences, JSON and exit codes of the commands."""

import json
import re
from uuid import uuid4

from residency.importing.writing import write_bundle
from residency.store.program_writer import import_program
from residency.store.tables import AcgmeFindingRow


async def test_a_refused_version_is_published_with_the_commands_that_the_refusal_shows(
    residency, draft, rows
):
    code, said, errors = await residency("publish", draft)
    assert (code, errors) == (1, "")
    assert said.startswith(f"Version {draft} is not published, for 4 violations of acgme-2017:\n")
    assert "critical HOURS_80, R1, from 2026-07-30: 336 h in 28 days; 336 h / (28 / 7) = 84 h a week" in said
    commands = re.findall(rf"residency publish {draft} --override '([0-9a-f-]{{36}})=REASON'", said)
    assert len(commands) == 4

    code, said, _ = await residency("publish", draft, "--override", f"{commands[0]}=agreed")
    assert code == 1
    assert "for 3 violations of acgme-2017 (1 more overridden):" in said
    assert commands[0] not in said

    rest = [word for each in commands[1:] for word in ("--override", f"{each}=agreed")]
    code, said, _ = await residency("publish", draft, *rest)
    assert code == 0
    assert said == (
        f"Published version {draft} for 30 Jul 2026 - 26 Aug 2026, in spite of 4 violations overridden "
        "with a reason.\n"
    )
    code, said, _ = await residency("publish", draft)
    assert (code, said) == (0, f"Version {draft} is published already; nothing was changed.\n")

    code, said, _ = await residency("versions")
    assert code == 0
    assert (
        f"{draft}  published   30 Jul 2026 - 26 Aug 2026, 95 assignments, 4 violations (4 overridden)" in said
    )


async def test_overrides_come_from_a_file_too(residency, draft, tmp_path):
    code, said, _ = await residency("publish", draft, "--json")
    outcome = json.loads(said)
    assert (code, outcome["published"], len(outcome["in_the_way"])) == (1, False, 4)
    lines = [f"{each},agreed with the director" for each in outcome["in_the_way"]]
    (tmp_path / "overrides.csv").write_text("\n".join(["finding,reason", *lines]) + "\n")
    code, said, _ = await residency("publish", draft, "--override-file", "overrides.csv", "--json")
    outcome = json.loads(said)
    assert (code, outcome["published"], outcome["version"]["publication"]) == (0, True, "published")
    assert {each["overridden"] for each in outcome["violations"]} == {"agreed with the director"}


async def test_validate_says_what_would_break_and_stores_nothing(residency, draft, rows):
    code, said, errors = await residency("validate", draft)
    assert (code, errors) == (1, "")
    assert said.startswith(
        "It cannot be published: 4 violations of acgme-2017 (Thu 30 Jul to Wed 26 Aug 2026)."
    )
    assert "critical HOURS_80, R1, from 2026-07-30: 336 h in 28 days" in said
    assert "Conflicts: " in said
    assert f"`residency publish {draft}` says how each finding can be overridden." in said
    assert await rows(AcgmeFindingRow.id) == []
    code, said, _ = await residency("validate", draft, "--json")
    result = json.loads(said)
    assert (code, result["publishable"], result["violations"]) == (1, False, 4)
    assert 0 < result["compliance"] < 1
    assert {each["person"] for each in result["findings"]} == {"R1", ""}
    assert result["conflicts"]


async def test_a_sound_version_is_publishable_and_an_overridden_one_too(
    residency, engine, sound, publish, draft
):
    version = (await import_program(engine, sound, publish=False)).version_id
    code, said, _ = await residency("validate", version)
    assert code == 0
    assert said.startswith("Nothing stands against publishing: no violation of acgme-2017")
    found = [f"{each.id}=agreed" for each in (await publish(draft)).in_the_way]
    await residency("publish", draft, "--override", found[0])
    code, said, _ = await residency("validate", draft)
    assert code == 1
    assert "3 violations of acgme-2017, 2 of them not overridden" in said
    assert "Overridden: agreed." in said
    assert (await residency("publish", draft, *(w for each in found[1:] for w in ("--override", each))))[
        0
    ] == 0
    code, said, _ = await residency("validate", draft)
    assert code == 0
    assert said.startswith("It can be published: 3 violations of acgme-2017, all overridden")


async def test_another_rule_set_can_judge(residency, draft):
    code, said, _ = await residency("publish", draft, "--rules", "acgme-2011")
    assert code == 1
    assert "of acgme-2011:" in said
    assert f"residency publish {draft} --rules acgme-2011 --override" in said
    code, _, errors = await residency("validate", draft, "--rules", "acgme-1066")
    assert code == 2
    assert "acgme-1066" in errors


async def test_misuse_is_told_by_name(residency, draft, tmp_path):
    unknown = uuid4()
    for command in ("publish", "validate"):
        code, said, errors = await residency(command, unknown)
        assert (code, said) == (2, "")
        assert errors == f"there is no schedule version {unknown}; `residency versions` lists them\n"
    code, _, errors = await residency("publish", draft, "--override", "nonsense")
    assert code == 2
    assert errors.startswith("override: 'nonsense' is not valid; expected FINDING_ID=REASON")
    code, _, errors = await residency("publish", draft, "--override-file", "absent.csv")
    assert code == 2
    assert "absent.csv" in errors
    code, _, errors = await residency("publish", draft, "--override", f"{unknown}=agreed")
    assert (code, errors) == (2, f"there is no finding {unknown}\n")


async def test_versions_are_listed_even_when_there_are_none(residency):
    code, said, _ = await residency("versions")
    assert (code, said) == (
        0,
        "There is no schedule version yet; load one with `residency import PATH`.\n",
    )
    assert json.loads((await residency("versions", "--json"))[1]) == []


async def test_findings_are_listed_and_decided(residency, draft, publish):
    found = {each.finding.rule: each for each in (await publish(draft)).in_the_way}
    assert (await residency("findings", "list"))[1] == "There is no such finding.\n"
    code, said, _ = await residency("findings", "list", "--version", draft, "--rule", "FREE_DAY")
    assert code == 0
    assert said.startswith(
        f"{found['FREE_DAY'].id}  high FREE_DAY (open), R1, from 2026-07-30, planned, acgme-2017"
    )

    hours = found["HOURS_80"].id
    code, said, _ = await residency("findings", "justify", hours, "--reason", " night float covered ")
    assert (code, said) == (0, f"Finding {hours} is justified: night float covered\n")
    code, said, _ = await residency("findings", "list", "--version", draft, "--status", "justified", "--json")
    (told,) = json.loads(said)
    assert (told["id"], told["justification"], told["verdict"]) == (
        str(hours),
        "night float covered",
        "violation",
    )
    code, said, _ = await residency("findings", "justify", hours, "--reason", "a slip", "--false-positive")
    assert said == f"Finding {hours} is marked as a false positive: a slip\n"
    code, said, _ = await residency("findings", "list", "--version", draft)
    assert "Decided by " in said

    code, _, errors = await residency("findings", "justify", hours, "--reason", " ")
    assert (code, errors) == (2, "reason: ' ' is not valid; expected some words\n")
    code, _, errors = await residency("findings", "justify", uuid4(), "--reason", "none")
    assert code == 2
    code, _, errors = await residency("findings", "list", "--rule", "HOURS_81")
    assert code == 2
    assert "HOURS_81" in errors


async def test_a_justified_finding_still_needs_an_override(residency, draft, publish):
    for each in (await publish(draft)).in_the_way:
        await residency("findings", "justify", each.id, "--reason", "known")
    assert (await residency("publish", draft))[0] == 1


async def test_an_import_that_publishes_says_what_it_breaks(residency, broken, sound, tmp_path):
    write_bundle(broken, tmp_path / "broken")
    write_bundle(sound, tmp_path / "sound")
    code, said, _ = await residency("import", "broken", "--publish")
    assert code == 0
    assert "It has 4 violations of acgme-2017, which `residency publish` would not let pass" in said
    version = re.findall(r"`residency validate ([0-9a-f-]{36})` lists them", said)[0]
    assert (await residency("validate", version))[0] == 1
    code, said, _ = await residency("import", "sound")
    assert "`residency publish " in said
    assert "violation" not in said
    code, said, _ = await residency("import", "sound", "--publish", "--json")
    assert (json.loads(said)["violations"], json.loads(said)["rule_set"]) == (0, "acgme-2017")
    code, said, _ = await residency("import", "sound", "--publish")
    assert "It has no violation of acgme-2017." in said
