"""The database knows every kind of conflict that can be found, and no other."""

from residency.program.vocabulary import ConflictType
from residency.store.tables.quality import CONFLICT_TYPES


def test_an_alert_can_be_of_every_kind():
    assert set(CONFLICT_TYPES) == set(ConflictType)
