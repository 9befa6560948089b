"""Flow: what breaks if a person is away on some days?"""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import COVER
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run
from residency.program.vocabulary import AbsenceType

prepare("flows.steps.simulate_absence")


def _run_name() -> str:
    asked = flow_run.parameters
    return f"absence {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {asked['start']} to {asked['last']}"


@flow(
    name="simulate_absence",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **COVER,
)
async def simulate_absence(
    person: Annotated[str, Field(min_length=1, max_length=80)],
    start: date,
    last: date,
    type: AbsenceType = AbsenceType.VACATION,  # noqa: A002 - named as the field of an absence
) -> dict[str, Any]:
    """Tell the gaps, conflicts and levels that an absence would bring; nothing is stored.

    Args:
        person: who would be away, by id or pseudonym.
        start: the first day away.
        last: the last day away.
        type: why, which decides what recovery is owed.
    """
    async with task_run("simulate_absence") as run:
        from flows.steps import simulate_absence as steps

        effects = await steps.simulate(run, person, start, last, type)
        await steps.publish(run, effects)
        if effects is None:
            return await run.finish("no_data")
        status = "absorbed" if effects.can_be_absorbed else "not_absorbed"
        return await run.finish(status, effects.model_dump(mode="json"))
