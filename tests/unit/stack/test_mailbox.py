from email.message import EmailMessage

import pytest

from residency.errors import NotFoundError
from stack.mailbox import list_messages, show_message


def put(folder, name, subject, **more):
    message = EmailMessage()
    message["From"] = "plant@example.org"
    message["To"] = "coordinator@example.org"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 08:00:00 +0000"
    message.set_content(more.get("text", "Nothing to worry about.\n"))
    if "attachment" in more:
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=more["attachment"])
    (folder / f"{name}.eml").write_bytes(b"X-Envelope-To: hidden@example.org\r\n" + message.as_bytes())


def test_messages_are_listed_newest_first_and_numbered_from_one(tmp_path):
    for hour in (9, 11, 10):
        put(tmp_path, f"20261123T{hour:02}0000.000000Z-ab", f"at {hour}")
    (tmp_path / ".20261123T120000.eml.half").write_text("being written")
    found = list_messages(tmp_path)
    assert [(head.number, head.subject) for head in found] == [(1, "at 11"), (2, "at 10"), (3, "at 9")]
    assert found[0].to == "coordinator@example.org"
    assert [head.subject for head in list_messages(tmp_path, limit=1)] == ["at 11"]


def test_a_subject_in_another_script_is_readable(tmp_path):
    put(tmp_path, "20261123T090000.000000Z-ab", "Dienst für Jürgen · 待機")
    assert list_messages(tmp_path)[0].subject == "Dienst für Jürgen · 待機"


def test_a_message_is_shown_with_heads_text_and_names_of_attachments(tmp_path):
    put(tmp_path, "20261123T090000.000000Z-ab", "older", text="first\n")
    put(tmp_path, "20261123T100000.000000Z-ab", "newer", text="second\n", attachment="rota.pdf")
    shown = show_message(tmp_path, 1)
    assert shown.startswith("Date: Mon, 23 Nov 2026 08:00:00 +0000\nFrom: plant@example.org\n")
    assert "Subject: newer\n\nsecond\n" in shown
    assert shown.endswith("[attachment: rota.pdf]")
    assert "first" in show_message(tmp_path, 2)


@pytest.mark.parametrize("number", [0, -1, 3])
def test_an_unknown_number_is_refused_with_the_known_ones(tmp_path, number):
    put(tmp_path, "20261123T090000.000000Z-ab", "one")
    put(tmp_path, "20261123T100000.000000Z-ab", "two")
    with pytest.raises(NotFoundError, match="there are 2, numbered from 1"):
        show_message(tmp_path, number)


def test_an_empty_box_has_no_messages(tmp_path):
    assert list_messages(tmp_path / "missing") == []
    with pytest.raises(NotFoundError, match="none was kept yet"):
        show_message(tmp_path, 1)
