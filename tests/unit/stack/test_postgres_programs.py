import os

from stack.postgres_programs import _remove_unfinished


def test_copies_that_killed_starts_never_finished_are_removed_and_living_ones_stay(tmp_path):
    target = tmp_path / "postgresql-18.6"
    kept = (f".postgresql-18.6.{os.getpid()}", ".postgresql-17.1.1", "postgresql-18.6")
    for name in (*kept, ".postgresql-18.6.4194999"):
        (tmp_path / name / "bin").mkdir(parents=True)
    _remove_unfinished(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
