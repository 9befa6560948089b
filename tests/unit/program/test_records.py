"""What a service is worth as duty, and assignments taken apart and joined again."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.records import Assignments, Service
from residency.program.vocabulary import ServiceKind

NO_DUTY = {"off", "recovery", "absence"}


@pytest.mark.parametrize("kind", ServiceKind)
def test_all_but_off_recovery_and_absence_is_duty(kind):
    assert Service("X", "X", kind).counts_as_duty == (kind.value not in NO_DUTY)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_assignments_cut_into_pieces_are_joined_to_what_they_were(programs, as_rows, data):
    program = data.draw(programs)
    rows = program.assignments
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    edges = [0, *cuts, len(rows)]
    pieces = [rows.take(np.arange(start, end)) for start, end in pairwise(edges)]
    joined = Assignments.joined(pieces)
    assert as_rows(replace(program, assignments=joined)) == as_rows(program)
    assert joined.day.dtype == rows.day.dtype


def test_pieces_follow_one_another():
    whole = replace(
        Assignments.empty(),
        person=np.arange(3, dtype=np.int32),
        service=np.zeros(3, np.int32),
        day=np.array(["2026-07-06", "2026-07-07", "2026-07-08"], "datetime64[D]"),
        **{name: np.zeros(3, np.int8) for name in ("half", "role", "source")},
        locked=np.zeros(3, np.bool_),
    )
    joined = Assignments.joined([whole.take(np.array([2])), whole.take(np.array([0, 1]))])
    assert joined.person.tolist() == [2, 0, 1]


def test_no_pieces_are_no_assignments():
    assert len(Assignments.joined([])) == 0
