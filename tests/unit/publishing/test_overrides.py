"""Overrides as people give them: words, files, and everything that can be wrong with either."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import InvalidBundleError, InvalidInputError
from residency.publishing.overrides import Override, read_overrides

ONE, TWO = UUID(int=1), UUID(int=2)


def test_words_and_a_file_are_read_together(tmp_path):
    file = tmp_path / "overrides.csv"
    file.write_text(f"finding,reason\n{TWO},second\n", encoding="utf-8")
    assert read_overrides([f"{ONE}= first = and best "], file) == (
        Override(finding=ONE, reason="first = and best"),
        Override(finding=TWO, reason="second"),
    )
    assert read_overrides(()) == ()


@given(
    reason=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50).filter(
        lambda text: text.strip()
    )
)
def test_any_words_are_a_reason(reason):
    assert read_overrides([f"{ONE}={reason}"]) == (Override(finding=ONE, reason=reason.strip()),)


@pytest.mark.parametrize("word", ["", "=", "reason", f"{ONE}", f"{ONE}=", f"{ONE}=  ", "1234=reason"])
def test_a_word_of_another_form_is_refused(word):
    with pytest.raises(InvalidInputError, match="expected FINDING_ID=REASON"):
        read_overrides([word])


@pytest.mark.parametrize("reason", ["x" * 2001, "nul \0 byte", "two\nlines", "half \udc80 character"])
def test_a_reason_is_one_line_of_words(reason):
    with pytest.raises(InvalidInputError, match="override"):
        read_overrides([f"{ONE}={reason}"])


def test_a_finding_is_named_once(tmp_path):
    with pytest.raises(InvalidInputError, match=f"{ONE}.*each finding once"):
        read_overrides([f"{ONE}=one", f"{ONE}=two"])
    file = tmp_path / "overrides.csv"
    file.write_text(f"finding,reason\n{ONE},one\n")
    with pytest.raises(InvalidInputError, match="each finding once"):
        read_overrides([f"{ONE}=one"], file)


def test_every_wrong_row_of_a_file_is_named(tmp_path):
    file = tmp_path / "overrides.csv"
    file.write_text(f"finding,reason\n{ONE},\nnonsense,because\n{TWO},fine\n{TWO},again\n")
    with pytest.raises(InvalidBundleError) as caught:
        read_overrides((), file)
    told = str(caught.value)
    assert "row 2, column reason: empty is not valid" in told
    assert "row 3, column finding: 'nonsense' is not valid; expected the id of a finding" in told
    assert "row 5" in told


def test_a_file_that_is_not_there_or_has_other_columns_is_refused(tmp_path):
    with pytest.raises(InvalidInputError):
        read_overrides((), tmp_path / "absent.csv")
    file = tmp_path / "overrides.csv"
    file.write_text("id,why\n1,2\n")
    with pytest.raises(InvalidBundleError, match="finding"):
        read_overrides((), file)
