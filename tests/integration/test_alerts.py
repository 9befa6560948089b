"""Raising alerts on a real database: told once, joined, replayed, refused, and whole or not at all."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from residency.errors import ConflictError, InvalidInputError, NotFoundError
from residency.messaging.alerts import AlertRequest, raise_alert
from residency.messaging.escalation import acknowledge, escalate, open_alerts, resolve_category
from residency.program.vocabulary import AlertLevel, UserRole
from residency.store.tables import (
    Delivery,
    IdempotencyRequest,
    Notification,
    OutboxMessage,
    ResilienceAlert,
    UserRow,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAFF = (
    ("admin", UserRole.ADMIN, True),
    ("coordinator", UserRole.COORDINATOR, True),
    ("former", UserRole.COORDINATOR, False),
    ("faculty", UserRole.FACULTY, True),
)


def warning(category: str = "contingency", level: AlertLevel = AlertLevel.WARNING) -> AlertRequest:
    return AlertRequest(level=level, category=category, message="F-7KQ2 is irreplaceable in Colposcopy.")


@pytest.fixture
async def staffed(engine):
    async with engine.begin() as connection:
        for name, role, active in STAFF:
            await connection.execute(
                insert(UserRow).values(
                    username=name, email=f"{name}@example.org", role=role, is_active=active
                )
            )
    return engine


async def raised(engine, request, key, now=NOW, webhook=False):
    async with engine.begin() as connection:
        return await raise_alert(
            connection, request, key=key, raised_by="test", now=now, webhook_configured=webhook
        )


async def count(engine, table, *where):
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table).where(*where))


async def test_a_new_alert_reaches_every_active_administrator_and_coordinator_and_nobody_else(staffed):
    outcome = await raised(staffed, warning(), "k1", webhook=True)
    assert (outcome.joined, outcome.notified, outcome.emails_queued, outcome.webhooks_queued) == (
        False,
        2,
        2,
        1,
    )
    async with staffed.connect() as connection:
        told = (
            await connection.scalars(
                select(UserRow.username)
                .join(Notification, Notification.recipient_id == UserRow.id)
                .order_by(UserRow.username)
            )
        ).all()
    assert told == ["admin", "coordinator"]
    assert await count(staffed, Delivery, Delivery.channel == "in_app", Delivery.status == "sent") == 2
    assert await count(staffed, OutboxMessage, OutboxMessage.topic == "email") == 2
    assert await count(staffed, OutboxMessage, OutboxMessage.topic == "webhook") == 1


async def test_info_stays_in_the_app(staffed):
    outcome = await raised(staffed, warning(level=AlertLevel.INFO), "k1")
    assert outcome.emails_queued == 0
    assert await count(staffed, OutboxMessage) == 0
    assert await count(staffed, Notification) == 2


@pytest.mark.parametrize(
    ("level", "minutes", "required"),
    [
        (AlertLevel.INFO, None, False),
        (AlertLevel.WARNING, 60, False),
        (AlertLevel.CRITICAL, 15, True),
        (AlertLevel.EMERGENCY, 5, True),
    ],
)
async def test_escalation_and_acknowledgement_follow_the_level(staffed, level, minutes, required):
    outcome = await raised(staffed, warning(level=level), "k1")
    assert outcome.acknowledgement_required is required
    async with staffed.connect() as connection:
        escalation = await connection.scalar(select(ResilienceAlert.next_escalation_at))
    assert escalation == (NOW + timedelta(minutes=minutes) if minutes else None)


async def test_the_same_category_and_level_within_an_hour_joins_and_tells_nobody_again(staffed):
    first = await raised(staffed, warning(), "k1")
    second = await raised(staffed, warning(), "k2", now=NOW + timedelta(minutes=59))
    assert (second.joined, second.alert_id, second.occurrences) == (True, first.alert_id, 2)
    assert await count(staffed, Notification) == 2


async def test_after_an_hour_or_with_another_level_or_category_a_new_alert_opens(staffed):
    await raised(staffed, warning(), "k1")
    await raised(staffed, warning(), "k2", now=NOW + timedelta(minutes=60))
    await raised(staffed, warning(level=AlertLevel.CRITICAL), "k3")
    await raised(staffed, warning(category="health_check"), "k4")
    assert await count(staffed, ResilienceAlert) == 4
    assert await count(staffed, Notification) == 8


async def test_an_acknowledged_alert_takes_no_more_occurrences(staffed):
    await raised(staffed, warning(), "k1")
    async with staffed.begin() as connection:
        await connection.execute(update(ResilienceAlert).values(status="acknowledged"))
    outcome = await raised(staffed, warning(), "k2", now=NOW + timedelta(minutes=1))
    assert not outcome.joined


async def test_the_same_key_is_answered_as_the_first_time_and_changes_nothing(staffed):
    first = await raised(staffed, warning(), "k1")
    again = await raised(staffed, warning(), "k1", now=NOW + timedelta(hours=2))
    assert again.replayed
    assert again.model_copy(update={"replayed": False}) == first
    assert await count(staffed, ResilienceAlert) == 1
    assert await count(staffed, Notification) == 2


async def test_the_same_key_for_another_alert_is_refused(staffed):
    await raised(staffed, warning(), "k1")
    with pytest.raises(ConflictError, match="different request"):
        await raised(staffed, warning(category="health_check"), "k1")
    assert await count(staffed, ResilienceAlert) == 1


async def test_a_key_is_forgotten_after_24_hours(staffed):
    await raised(staffed, warning(), "k1")
    outcome = await raised(staffed, warning(), "k1", now=NOW + timedelta(hours=24, seconds=1))
    assert not outcome.joined
    assert await count(staffed, ResilienceAlert) == 2
    assert await count(staffed, IdempotencyRequest) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_an_empty_or_overlong_key_is_refused(staffed, key):
    with pytest.raises(InvalidInputError, match="idempotency_key"):
        await raised(staffed, warning(), key)


async def test_without_anybody_to_tell_the_alert_fails_and_leaves_nothing(engine):
    with pytest.raises(NotFoundError, match="nobody could be told"):
        await raised(engine, warning(), "k1")
    for table in (ResilienceAlert, Notification, OutboxMessage, IdempotencyRequest):
        assert await count(engine, table) == 0


async def test_many_at_once_open_one_alert_and_count_the_rest(staffed):
    outcomes = await asyncio.gather(*(raised(staffed, warning(), f"k{n}") for n in range(12)))
    assert sorted(outcome.occurrences for outcome in outcomes) == list(range(1, 13))
    assert await count(staffed, ResilienceAlert) == 1
    assert await count(staffed, Notification) == 2


async def test_the_same_key_many_times_at_once_takes_effect_once(staffed):
    outcomes = await asyncio.gather(*(raised(staffed, warning(), "k1") for _ in range(8)))
    assert len({outcome.alert_id for outcome in outcomes}) == 1
    async with staffed.connect() as connection:
        assert await connection.scalar(select(ResilienceAlert.occurrences)) == 1


async def escalated(engine, alert_id, now):
    async with engine.begin() as connection:
        return await escalate(connection, alert_id, now=now, webhook_configured=False)


async def test_an_unacknowledged_warning_rises_to_critical_then_emergency_and_is_sent_again(staffed):
    alert = await raised(staffed, warning(), "k1")
    now = NOW
    for minutes, result, level in (
        (60, "raised", AlertLevel.CRITICAL),
        (15, "raised", AlertLevel.EMERGENCY),
        (5, "repeated", AlertLevel.EMERGENCY),
        (5, "repeated", AlertLevel.EMERGENCY),
    ):
        early = await escalated(staffed, alert.alert_id, now + timedelta(minutes=minutes, seconds=-1))
        assert early.result == "early"
        now += timedelta(minutes=minutes)
        outcome = await escalated(staffed, alert.alert_id, now)
        assert (outcome.result, outcome.level, outcome.notified) == (result, level, 2)
    assert await count(staffed, Notification) == 2 * 5
    async with staffed.connect() as connection:
        wishes = (
            await connection.scalars(
                select(OutboxMessage.payload["run_at"].astext)
                .where(OutboxMessage.topic == "flow_run")
                .order_by(OutboxMessage.created_at)
            )
        ).all()
    minutes_after = [(datetime.fromisoformat(at) - NOW) / timedelta(minutes=1) for at in wishes]
    assert minutes_after == [60, 75, 80, 85, 90]


async def test_escalating_twice_at_one_instant_tells_nobody_twice(staffed):
    alert = await raised(staffed, warning(), "k1")
    due = NOW + timedelta(minutes=60)
    outcomes = await asyncio.gather(*(escalated(staffed, alert.alert_id, due) for _ in range(4)))
    assert sorted(outcome.result for outcome in outcomes) == ["early", "early", "early", "raised"]
    assert await count(staffed, Notification) == 4


async def test_what_is_raised_again_below_an_alert_that_has_risen_joins_it(staffed):
    alert = await raised(staffed, warning(), "k1")
    await escalated(staffed, alert.alert_id, NOW + timedelta(minutes=60))
    again = await raised(staffed, warning(), "k2", now=NOW + timedelta(hours=3))
    assert (again.joined, again.alert_id) == (True, alert.alert_id)


async def test_alerts_of_a_category_close_when_their_cause_is_gone(staffed):
    alert = await raised(staffed, warning(), "k1")
    other = await raised(staffed, warning(category="health_check"), "k2")
    async with staffed.begin() as connection:
        assert await resolve_category(connection, "contingency") == 1
        assert await resolve_category(connection, "contingency") == 0
        assert [still.id for still in await open_alerts(connection)] == [other.alert_id]
    outcome = await escalated(staffed, alert.alert_id, NOW + timedelta(hours=2))
    assert outcome.result == "closed"


async def test_an_acknowledged_alert_escalates_no_further(staffed):
    alert = await raised(staffed, warning(), "k1")
    async with staffed.begin() as connection:
        await acknowledge(connection, alert.alert_id, "coordinator", NOW)
        assert await open_alerts(connection) == []
    outcome = await escalated(staffed, alert.alert_id, NOW + timedelta(hours=2))
    assert outcome.result == "closed"
    assert await count(staffed, Notification) == 2


async def test_an_alert_that_would_double_an_open_one_of_the_higher_level_is_merged_into_it(staffed):
    lower = await raised(staffed, warning(), "k1")
    higher = await raised(staffed, warning(level=AlertLevel.CRITICAL), "k2", now=NOW + timedelta(minutes=50))
    outcome = await escalated(staffed, lower.alert_id, NOW + timedelta(minutes=60))
    assert outcome.result == "merged"
    async with staffed.connect() as connection:
        (remaining,) = await open_alerts(connection)
    assert (remaining.id, remaining.occurrences) == (higher.alert_id, 2)


@pytest.mark.parametrize(
    ("user", "error"), [("former", NotFoundError), ("nobody", NotFoundError), ("admin", ConflictError)]
)
async def test_only_an_active_user_acknowledges_and_only_an_open_alert(staffed, user, error):
    alert = await raised(staffed, warning(), "k1")
    async with staffed.begin() as connection:
        await connection.execute(
            update(ResilienceAlert).values(status="open" if error is NotFoundError else "resolved")
        )
    with pytest.raises(error):
        async with staffed.begin() as connection:
            await acknowledge(connection, alert.alert_id, user, NOW)


async def test_an_unknown_alert_is_not_found(staffed):
    with pytest.raises(NotFoundError):
        await escalated(staffed, uuid4(), NOW)
    async with staffed.begin() as connection:
        with pytest.raises(NotFoundError):
            await acknowledge(connection, uuid4(), "admin", NOW)
