"""A report that lists only the worst of very many pairs still says how many there are."""

from residency.reports.verdicts import contingency_sentences
from residency.resilience.results import ContingencyReport

SINGLES = {"F1": (9, 2, 0), "F2": (3, 0, 0), "F3": (1, 0, 0), "F4": (1, 0, 0)}
PAIRS = {
    ("F1", "F2"): (12, 3, 0),
    ("F1", "F3"): (10, 2, 0),
    ("F1", "F4"): (10, 2, 0),
    ("F2", "F3"): (4, 1, 0),
    ("F3", "F4"): (2, 0, 1),
    ("F2", "F4"): (4, 0, 0),
}


def test_counts_and_sentences_outlive_the_rows(make_report):
    whole = make_report(SINGLES, PAIRS)
    assert (whole.fatal_pairs, whole.joint_only_count) == (5, 2)
    short = whole.worst_pairs(1)
    assert (len(short.n2), len(short.joint_only_pairs)) == (1, 1)
    assert short.n2[0] == whole.n2[0]
    assert (short.omitted.n2, short.omitted.fatal, short.omitted.joint_only) == (5, 4, 1)
    assert (short.fatal_pairs, short.joint_only_count) == (5, 2)
    told = [sentence for sentence in contingency_sentences(short) if "together" in sentence]
    assert told == [
        "5 of 6 pairs cannot be fully replaced when away together; "
        "2 of them are pairs of people harmless alone: F2 with F3 and 1 more."
    ]
    assert ContingencyReport.model_validate_json(short.model_dump_json()) == short
    assert short.worst_pairs(1) == short
    assert whole.worst_pairs(6) == whole
