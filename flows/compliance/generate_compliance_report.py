"""Flow: were the duty-hour rules kept, in the plan and in the hours that were logged?"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field

from flows.platform.policies import COMPLIANCE_REPORT, MONTHLY, WEEKLY
from flows.platform.process import prepare
from flows.platform.run_end import record_cancellation, record_failure
from flows.platform.task_run import task_run

prepare("flows.steps.generate_compliance_report")


def _run_name() -> str:
    asked = flow_run.parameters
    days = f", {asked['start']} to {asked['end']}" if asked["start"] else ""
    return f"{asked['kind']} compliance report {datetime.now(UTC):%Y-%m-%d %H:%M} UTC{days}"


@flow(
    name="generate_compliance_report",
    flow_run_name=_run_name,
    on_failure=[record_failure],
    on_crashed=[record_failure],
    on_cancellation=[record_cancellation],
    **COMPLIANCE_REPORT,
)
async def generate_compliance_report(
    kind: Literal["weekly", "monthly"] = "weekly",
    start: date | None = None,
    end: date | None = None,
    rules: Annotated[str, Field(min_length=1)] = "acgme-2017",
) -> dict[str, Any]:
    """Judge the windows that end in a period, store the report and tell the compliance officer's role.

    Args:
        kind: weekly, about the Friday-to-Friday week just ended, or monthly, about the month just ended.
        start: first day of another period; together with ``end``.
        end: the day after the last of another period.
        rules: the rule set that judges.
    """
    async with task_run("generate_compliance_report", WEEKLY if kind == "weekly" else MONTHLY) as run:
        if run.too_late:
            return await run.finish("skipped")
        from flows.steps import generate_compliance_report as steps

        period, role = steps.period_of(run, kind, start, end), steps.officers_role(run)
        stored = await steps.report_of_this_run(run)
        if stored is None:
            evidence = await steps.judge_period(run, period, rules)
            if not evidence.judgements:
                await steps.publish_nothing(kind, period, run.warnings[-1])
                return await run.finish("no_data")
            body = await steps.write_report(run, kind, period, evidence)
            files = await steps.archive_report(body)
            stored = await steps.store_report(run, body, evidence, files, role)
        published = await steps.publish_report(run, stored)
        get_run_logger().info(published.verdict)
        data = published.model_dump(mode="json")
        return await run.finish(published.status, data, input_hash=stored.input_hash)
