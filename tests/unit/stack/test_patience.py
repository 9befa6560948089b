import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError

import stack.patience
from residency.errors import DatabaseUnreachableError
from stack.patience import patiently


def answered(status):
    request = httpx.Request("GET", "http://127.0.0.1/api")
    return PrefectHTTPStatusError("no", request=request, response=httpx.Response(status, request=request))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stack.patience, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(stack.patience, "_AWAY_SECONDS", 0.2)


async def test_a_server_that_comes_back_is_waited_for():
    away = [httpx.ConnectError("gone"), answered(503), DatabaseUnreachableError("gone")]

    async def ask():
        if away:
            raise away.pop()
        return 7

    assert await patiently(ask) == 7
    assert away == []


@pytest.mark.parametrize("error", [httpx.ConnectError("gone"), answered(500)])
async def test_one_that_stays_away_is_told(error):
    asked = 0

    async def ask():
        nonlocal asked
        asked += 1
        raise error

    with pytest.raises(type(error)):
        await patiently(ask)
    assert asked > 5


@pytest.mark.parametrize("error", [answered(404), ValueError("ours")])
async def test_a_refusal_is_told_at_once(error):
    asked = 0

    async def ask():
        nonlocal asked
        asked += 1
        raise error

    with pytest.raises(type(error)):
        await patiently(ask)
    assert asked == 1
