"""Secrets and addresses that must not appear anywhere: through failures of every kind, at DEBUG, in logs, tracebacks, files and answers."""

import base64
import logging
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from demur.logs import Redacting, redacted
from demur.secrets import KNOWN, KnownSecrets, forms
from tests.e2e.program import Program
from tests.rig.dovecot import Dovecot
from tests.rig.free import until
from tests.rig.scripted import Scripted

CANARY = 'c4n4ry "pass\\word/ü+'
PLAIN = "canary-hunter2-plain"
ADDRESS = "canary.bird@example.org"
ROOT = Path(__file__).parent.parent.parent


def sasl(login: str, secret: str) -> list[str]:
    """What goes over the wire in log-ins."""
    plain, bearer = f"\0{login}\0{secret}", f"user={login}\x01auth=Bearer {secret}\x01\x01"
    return [base64.b64encode(text.encode()).decode() for text in (plain, bearer, secret)]


@pytest.mark.parametrize("secret", [CANARY, PLAIN, "abcdef", "ab" * 40, "äöüß→🙂"])
@pytest.mark.parametrize("login", ["a", "ab", "abc", "anna@example.org"])
def test_a_known_secret_is_hidden_in_every_form(secret: str, login: str) -> None:
    known = KnownSecrets()
    known.add(secret)
    for text in (secret, repr(secret), quote(secret), quote(secret, safe=""), *sasl(login, secret)):
        hidden = known.hidden(f"LOGIN anna {text} and more")
        assert text not in hidden
        assert "<secret>" in hidden
        assert hidden.endswith(" and more")


def test_short_words_are_not_taken_for_secrets() -> None:
    known = KnownSecrets()
    known.add("", "a", "mail")
    assert known.hidden("a mail") == "a mail"
    assert forms("a") == set()


def test_a_traceback_in_the_log_hides_what_it_was_given() -> None:
    KNOWN.add(PLAIN)
    try:
        raise ValueError(f"LOGIN {ADDRESS} {PLAIN}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed for %s", (ADDRESS,), sys.exc_info())
    for as_json in (True, False):
        line = Redacting(as_json).format(record)
        assert "ValueError" in line
        assert PLAIN not in line
        assert ADDRESS not in line


def test_an_address_is_hidden_however_it_is_written() -> None:
    assert redacted("for canary.bird%40example.org and canary.bird@example.org") == "for <address> and <address>"


def test_the_interpreters_last_words_are_redacted() -> None:
    words = (
        "from demur.logs import guard_tracebacks\nfrom demur.secrets import KNOWN\nimport sys\n"
        f"guard_tracebacks(); KNOWN.add(sys.argv[1]); raise RuntimeError(sys.argv[1] + '{ADDRESS}')"
    )
    done = subprocess.run([sys.executable, "-c", words, PLAIN], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "RuntimeError: <secret>" in done.stderr
    assert PLAIN not in done.stderr
    assert ADDRESS not in done.stderr


@pytest.mark.server
def test_no_canary_is_in_any_log_file_or_answer_through_failures_of_all_kinds(dovecot: Dovecot, tmp_path: Path) -> None:
    """A mailbox that works, one with a wrong password, servers that echo the log-in, say BYE, or talk nonsense: all at DEBUG."""
    program = Program(tmp_path / "data", {"DEMUR_ALLOW_LOOPBACK_MAIL": "1", "DEMUR_LOG_LEVEL": "DEBUG", "DEMUR_LOG_FORMAT": "json"})
    password = tmp_path / "password"
    password.write_text(PLAIN)
    echo = f"{{tag}} NO [AUTHENTICATIONFAILED] no such log-in: {ADDRESS} {PLAIN} {sasl('canary', PLAIN)[0]}\r\n"
    good = "{tag} OK in\r\n"
    scripts = {
        "echoes": Scripted({"LOGIN": [good, echo]}),
        "byes": Scripted({"LOGIN": good, "EXAMINE": f"* BYE {PLAIN} {ADDRESS}\r\n"}),
        "nonsense": Scripted({"LOGIN": good, "LIST": f"* LIST ({PLAIN} {ADDRESS}\r\n{{tag}} OK\r\n"}),
        "refuses": Scripted({"LOGIN": good, "UID SEARCH": f"{{tag}} BAD {PLAIN} for {ADDRESS}\r\n"}),
    }
    said = ""
    for name, script in scripts.items():
        with script:
            server = ("--host", "127.0.0.1", "--port", str(script.port), "--security", "loopback", "--login", "canary")
            said += program.run("connect", f"{name}@example.org", "--user", name, "--password-file", password, *server).stderr
            said += program.run("sync", "--mailbox", f"{name}@example.org", code=None).stderr
    said += refused_by(program, dovecot, password)
    for script in scripts.values():
        assert script.heard
    token = program.run("token", "create", "--admin").stdout.split()[-1]
    with program.running() as running:
        until(lambda: "mailbox" in running.log.read_text(), 20, "a turn")
        headers = {"Authorization": f"Bearer {token}"}
        for route in ("/mailboxes", "/status", "/metrics", "/openapi.json"):
            said += httpx2.get(running.base + route, headers=headers, timeout=10).text
        log = running.log.read_text()
    assert PLAIN in password.read_text()
    files = b"".join(path.read_bytes() for path in program.data.rglob("*") if path.is_file()).decode("latin-1")
    for form in {PLAIN, *forms(PLAIN), *sasl("canary", PLAIN)}:
        assert form not in said + log + files
    assert ADDRESS not in said + log + files


def refused_by(program: Program, dovecot: Dovecot, password: Path) -> str:
    """A real server that does not know the password."""
    options = ("--host", "localhost", "--port", str(dovecot.port), "--ca-file", dovecot.certificate, "--login", "canary")
    return program.run("connect", "wrong@example.org", "--user", "wrong", "--password-file", password, *options, code=2).stderr
