"""What a service is worth as duty."""

import pytest

from residency.program.records import Service
from residency.program.vocabulary import ServiceKind

NO_DUTY = {"off", "recovery", "absence"}


@pytest.mark.parametrize("kind", ServiceKind)
def test_all_but_off_recovery_and_absence_is_duty(kind):
    assert Service("X", "X", kind).counts_as_duty == (kind.value not in NO_DUTY)
