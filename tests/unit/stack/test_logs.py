from itertools import islice

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import stack.logs
from stack.logs import follow, last_lines, rotate

LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"))
)
REUSED_FOLDER = examples(suppress_health_check=[HealthCheck.function_scoped_fixture])


@REUSED_FOLDER
@given(LINES, st.integers(0, 12), st.integers(1, 40))
def test_last_lines_are_the_end_of_the_file_however_small_the_blocks(tmp_path, lines, count, block):
    log = tmp_path / "part.log"
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack.logs, "_TAIL_BYTES", block)
        assert last_lines(log, count) == (lines[-count:] if count else [])


def test_a_missing_log_has_no_lines(tmp_path):
    assert last_lines(tmp_path / "none.log", 5) == []


def test_a_new_log_is_private(tmp_path):
    log = tmp_path / "part.log"
    rotate(log)
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_short_log_is_continued(tmp_path):
    log = tmp_path / "part.log"
    log.write_text("before\n")
    rotate(log)
    assert log.read_text() == "before\n"


def test_a_long_log_moves_aside_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(stack.logs, "_MAXIMUM_BYTES", 10)
    log = tmp_path / "part.log"
    for generation in range(6):
        log.write_text(f"generation {generation}\n")
        rotate(log)
        assert log.read_text() == ""
    kept = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    assert kept == {
        "part.log": "",
        "part.log.1": "generation 5",
        "part.log.2": "generation 4",
        "part.log.3": "generation 3",
    }


def new_lines(reader):
    """What the reader has until it says that there is nothing more."""
    return [line for line in iter(lambda: next(reader), None) if line is not None]


@REUSED_FOLDER
@given(st.lists(LINES, max_size=4), st.randoms())
def test_following_yields_each_whole_line_once_however_it_was_written(tmp_path, batches, random):
    log = tmp_path / "part.log"
    log.write_bytes(b"")
    reader = follow(log, 0)
    seen = []
    for batch in batches:
        written = "".join(f"{line}\n" for line in batch).encode()
        cut = random.randint(0, len(written))
        for piece in (written[:cut], written[cut:]):
            with log.open("ab") as file:
                file.write(piece)
            seen += new_lines(reader)
    assert seen == [line for batch in batches for line in batch]


def test_following_starts_at_the_end_and_survives_rotation(tmp_path, monkeypatch):
    monkeypatch.setattr(stack.logs, "_MAXIMUM_BYTES", 5)
    log = tmp_path / "part.log"
    log.write_text("long before\n")
    reader = follow(log)
    assert list(islice(reader, 1)) == [None]
    rotate(log)
    assert new_lines(reader) == []
    with log.open("a") as file:
        file.write("after\n")
    assert new_lines(reader) == ["after"]
