import signal
import smtplib
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import pytest

from residency.settings import Settings
from stack.home import prepare_home
from stack.mail import MailError, greet_mail_server, launch_mail_sink, wait_for_mail_sink
from stack.mailbox import list_messages, show_message


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("mail"), mail_port=free_port())
    prepare_home(settings)
    child = launch_mail_sink(settings, settings.logs / "mail.log")
    try:
        wait_for_mail_sink(settings, child)
        yield settings
    finally:
        child.stop()
    assert child.exit_code == 0, "the sink ends cleanly on SIGTERM"


def message(subject, text="Text.\n", to="coordinator@example.org"):
    made = EmailMessage()
    made["From"] = "plant@example.org"
    made["To"] = to
    made["Subject"] = subject
    made.set_content(text)
    return made


def send(settings, *messages, to=None):
    with smtplib.SMTP("127.0.0.1", settings.mail_port, timeout=10) as client:
        for each in messages:
            client.send_message(each, to_addrs=to)


def test_a_message_is_on_disk_private_and_whole_when_it_was_accepted(settings):
    send(
        settings, message("Dienst · 待機", "Zeile eins\n.\n.punkt\nZeile zwei ü\n"), to=["hidden@example.org"]
    )
    head = list_messages(settings.mail)[0]
    assert head.subject == "Dienst · 待機"
    assert head.to == "coordinator@example.org"
    assert stat.S_IMODE(head.path.stat().st_mode) == 0o600
    assert "Zeile eins\n.\n.punkt\nZeile zwei ü\n" in show_message(settings.mail, 1)
    assert b"X-Envelope-To: hidden@example.org\r\n" in head.path.read_bytes()


def test_messages_sent_at_once_are_all_kept_in_order_of_arrival(settings):
    before = len(list_messages(settings.mail))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(settings, message(f"at once {number}")), range(40)))
    send(settings, message("last"))
    kept = list_messages(settings.mail)
    assert kept[0].subject == "last"
    assert len(kept) == before + 41
    assert {head.subject for head in kept} >= {f"at once {number}" for number in range(40)}
    assert [path.name for path in settings.mail.iterdir() if path.suffix != ".eml"] == []


def test_no_name_or_text_of_a_message_reaches_the_log(settings):
    send(settings, message("Private subject", "Private text", to="Private.Person@example.org"))
    assert "rivate" not in (settings.logs / "mail.log").read_text()


def test_the_sink_greets_and_its_absence_is_named_with_the_setting(settings):
    assert greet_mail_server(settings) == "localhost"
    gone = Settings(_env_file=None, home=settings.home, mail_port=free_port())
    with pytest.raises(MailError, match=f"127.0.0.1:{gone.mail_port} does not answer.*RESIDENCY_SMTP_URL"):
        greet_mail_server(gone)


def test_a_sink_killed_while_receiving_leaves_no_half_message(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, mail_port=free_port())
    prepare_home(settings)
    child = launch_mail_sink(settings, settings.logs / "mail.log")
    try:
        wait_for_mail_sink(settings, child)
        with socket.create_connection(("127.0.0.1", settings.mail_port)) as half:
            half.sendall(
                b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: half\r\n"
            )
            half.recv(1000)
            child.send(signal.SIGKILL)
            child.wait(5)
    finally:
        child.stop()
    assert list_messages(settings.mail) == []
