"""A table of pairs behaves as the list of its rows."""

import pickle

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from residency.resilience import pair_table
from residency.resilience.pair_table import PairLoss, PairTable

ROWS = [
    PairLoss(a="F1", b="R2", assigned_gap=7, reassigned_gap=2, supervision_deficit=0),
    PairLoss(a="F1", b="F2", assigned_gap=0, reassigned_gap=0, supervision_deficit=1),
    PairLoss(a="F2", b="R2", assigned_gap=3, reassigned_gap=0, supervision_deficit=-4),
]
ADAPTER = TypeAdapter(PairTable)


@pytest.fixture(params=[1, 2, 100])
def table(request, monkeypatch):
    monkeypatch.setattr(pair_table, "_CHUNK", request.param)
    return PairTable.of(ROWS)


def test_it_reads_like_its_rows(table):
    assert list(table) == ROWS
    assert len(table) == 3
    assert (table[0], table[-1]) == (ROWS[0], ROWS[2])
    assert list(table[1:]) == ROWS[1:]
    with pytest.raises(IndexError):
        table[3]
    assert table == ROWS == list(table.where(np.array([True, True, True])))
    assert table == tuple(ROWS)
    assert table != ROWS[:2]
    assert table != [*ROWS[:2], ROWS[0]]
    assert table != 3
    assert hash(table) == hash(PairTable.of(ROWS))


def test_only_fatal_pairs_are_fatal(table):
    assert list(table.fatal) == [row for row in ROWS if row.fatal] == ROWS[:2]
    assert list(PairTable.of([]).fatal) == []


def test_it_survives_json_and_pickle_as_a_list_of_rows(table):
    written = ADAPTER.dump_json(table)
    assert TypeAdapter(list[PairLoss]).validate_json(written) == ROWS
    assert ADAPTER.validate_json(written) == table
    assert ADAPTER.validate_python(ADAPTER.dump_python(table)) == table
    assert ADAPTER.validate_python(table) is table
    assert ADAPTER.validate_python(tuple(ROWS)) == table
    assert pickle.loads(pickle.dumps(table)) == table  # noqa: S301 - pickled one line above


def test_rows_that_are_no_pairs_are_refused():
    with pytest.raises(ValidationError, match="reassigned_gap"):
        ADAPTER.validate_python([{"a": "F1", "b": "F2", "assigned_gap": 1}])
