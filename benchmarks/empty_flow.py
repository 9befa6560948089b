"""Flow: nothing at all, which is what Prefect itself costs."""

from prefect import flow


@flow(name="empty_flow")
async def empty_flow() -> None:
    """Do nothing."""
