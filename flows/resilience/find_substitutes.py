"""Flow: who can cover for a person on some days, slot by slot and all together?"""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import COVER
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.find_substitutes")


def _run_name() -> str:
    asked = flow_run.parameters
    return f"substitutes {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {asked['start']} to {asked['last']}"


@flow(
    name="find_substitutes",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **COVER,
)
async def find_substitutes(
    person: Annotated[str, Field(min_length=1, max_length=80)],
    start: date,
    last: date,
    most: Annotated[int, Field(ge=1, le=10)] = 10,
) -> dict[str, Any]:
    """Rank who could take each slot that opens, and plan all together; nothing is changed or stored.

    Args:
        person: who is away, by id or pseudonym.
        start: the first day away.
        last: the last day away.
        most: substitutes told of for each slot.
    """
    async with task_run("find_substitutes") as run:
        from flows.steps import find_substitutes as steps

        report = await steps.find(run, person, start, last, most)
        await steps.publish(run, report)
        if report is None:
            return await run.finish("no_data")
        status = "open" if report.plan.still_open else "covered"
        return await run.finish(status, report.model_dump(mode="json"))
