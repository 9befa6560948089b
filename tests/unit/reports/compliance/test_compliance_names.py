"""No name gets out: ids become pseudonyms, and names in free text are replaced."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.acgme.record import Basis
from residency.program.records import Person, User
from residency.program.vocabulary import PersonType, UserRole
from residency.reports.compliance_body import FindingStatus
from residency.reports.compliance_judged import Decision
from residency.reports.compliance_names import Pseudonyms

ADA = Person(
    "r1", "Ada Quill-Feather", PersonType.RESIDENT, email="ada@example.org", pseudonym="resident-001"
)
NOBODY = Person("r2", "Bo", PersonType.RESIDENT)
USERS = [
    User("adaq", "quill@example.org", UserRole.RESIDENT, "r1"),
    User("it", "it@example.org", UserRole.ADMIN),
]
NAMES = Pseudonyms.of([ADA, NOBODY], USERS)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Ada Quill-Feather stayed.", "resident-001 stayed."),
        ("ADA QUILL-FEATHER stayed", "resident-001 stayed"),
        ("Dr. Quill-Feather, that is ada", "Dr. [name], that is [name]"),
        ("write to ada@example.org or adaq", "write to resident-001 or resident-001"),
        ("it wrote to it@example.org", "[name] wrote to [name]"),
        ("Canada, Adage and Bo", "Canada, Adage and r2"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("", ""),
    ],
)
def test_names_in_what_people_write_are_replaced(written, shown):
    assert NAMES.free_text(written) == shown


def test_in_the_engine_s_own_sentences_only_whole_names_are_looked_for():
    assert NAMES.own_text("by the exception of Ada Quill-Feather; Ada") == (
        "by the exception of resident-001; Ada"
    )


def test_people_go_by_pseudonym_else_by_id_and_nobody_by_nothing():
    assert [NAMES.person(each) for each in ("r1", "r2", "")] == ["resident-001", "r2", ""]


def test_without_people_text_stays_as_it_is():
    assert Pseudonyms.of([]).free_text("Ada  stayed") == "Ada stayed"


@given(
    names=st.lists(st.text("abcdeßİéQZ", min_size=3, max_size=8), min_size=1, max_size=3, unique=True),
    before=st.text("xyz .,#=", max_size=8),
    after=st.text(" .,#=", max_size=3),
)
def test_a_name_is_found_wherever_it_stands_as_a_word(names, before, after):
    name = " ".join(names)
    pseudonyms = Pseudonyms.of([Person("r1", name, PersonType.RESIDENT, pseudonym="R-1")])
    for written in (name, *names):
        shown = pseudonyms.free_text(f"{before} {written}{after}")
        assert written not in shown.replace("R-1", "").replace("[name]", "")


@pytest.mark.parametrize("basis", list(Basis))
def test_a_report_holds_no_name_even_where_reasons_and_exceptions_do(
    finding, judgement, report, program, basis
):
    said = "Ada Quillfeather and Marrowick agreed, thistlewood too"
    found = finding(
        basis=basis, exception="by Cy Thistlewood", arithmetic="88 h by the exception by Cy Thistlewood"
    )
    decided = {found.key: Decision(FindingStatus.JUSTIFIED, said, report().made_at.date(), found.arithmetic)}
    judged = judgement(basis, [found])
    sides = (judged, None) if basis is Basis.PLANNED else (None, judged)
    body = report(*sides, decisions=decided, caveats=["Bo Marrowick is away."])
    text = json.dumps(body.model_dump(mode="json")).casefold()
    for person in program.people:
        for part in (person.name, *person.name.split()[1:], person.email or person.name):
            assert part.casefold() not in text
    assert "resident-001 and [name] agreed, [name] too" in text
    assert "88 h by the exception by faculty-001" in text
