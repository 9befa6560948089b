"""Steps of ``compute_version_diff``: comparing two versions, and the page of what changed for whom."""

import asyncio
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.progress import progress_bar
from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.quality.change_results import VersionDiff
from residency.quality.diff import same_version
from residency.quality.measuring import compare
from residency.reports.diff_page import diff_sentences, render_diff
from residency.store.compared_versions import load_comparison


@task(name="compare versions", cache_policy=NO_CACHE)
async def diff_of(run: TaskRunFrame, version_a: UUID, version_b: UUID) -> VersionDiff:
    """The difference over the days that both versions cover, people by pseudonym."""
    async with progress_bar("Comparing two versions") as progress:
        sides = await load_comparison(run.engine, run.timezone, version_a, version_b)
        progress(0.3)
        if sides is None:
            return same_version(str(version_a))
        return await asyncio.to_thread(compare, *sides, rule_set())


@task(name="publish version diff", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, diff: VersionDiff) -> None:
    """Show what changed for whom in the Prefect UI and announce it."""
    sentences = diff_sentences(diff)
    for sentence in sentences:
        get_run_logger().info(sentence)
    await acreate_markdown_artifact(
        key="version-diff",
        markdown=render_diff(diff, at=run.now, timezone=run.timezone),
        description=" ".join(sentences),
    )
    announce(
        "version_diff.completed",
        "version-diff",
        {"version_a": diff.version_a, "version_b": diff.version_b, "assessment": diff.assessment},
        run.run_id,
    )
