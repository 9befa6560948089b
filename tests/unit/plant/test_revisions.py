"""The list of migrations that runs check without Alembic is the list of files."""

from pathlib import Path

import pytest

import residency.store.migrations.versions as versions
from residency.errors import DatabaseNotReadyError
from residency.store.revision import HEAD_REVISION, KNOWN_REVISIONS, check_revision


def test_known_revisions_are_the_files_in_order():
    files = sorted(path.stem[:4] for path in Path(versions.__file__).parent.glob("[0-9]*.py"))
    assert tuple(files) == KNOWN_REVISIONS


@pytest.mark.parametrize(
    ("stored", "words"),
    [(None, "no tables yet"), ("0001", "is behind"), ("9999", "is ahead")],
)
def test_a_schema_that_does_not_fit_is_refused_with_the_way_out(stored, words):
    with pytest.raises(DatabaseNotReadyError, match=words):
        check_revision(stored)


def test_the_newest_schema_is_accepted():
    check_revision(HEAD_REVISION)
