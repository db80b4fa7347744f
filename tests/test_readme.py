"""Every command in README is run as a reader would run it: in a folder of their own, against real servers. One that is not known here fails."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from ledger.outcome import Outcome
from tests.e2e.story import START, from_meta, mail
from tests.reader import ROOT, Step, reading, shape, steps
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import until

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO, MAILBOX, SAVED, ORGANISATION, MODEL = (
    "Demur",
    "Your own mailbox",
    "A folder of saved mails",
    "An organisation",
    "How sure it is",
)
ENOUGH_PER_OUTCOME = 6


def of(section: str) -> list[Step]:
    """The steps under one heading."""
    return [step for step in steps(README) if step.section == section]


KNOWN = {
    DEMO: {"make run", "make test", "source .venv/bin/activate", "DEMUR_DATA=~/.local/share/demur/demo demur status"},
    MAILBOX: {
        "demur connect anna@example.org --user anna",
        "demur sync",
        "demur status anna",
        "demur run",
        "demur connect anna@example.org --user anna --host imap.example.org --password-file password.txt",
        "demur connect family@example.org --user mum --alias mum@example.org --host imap.example.org --password-file password.txt",
        "demur connect family@example.org --user kid --alias family+kid@example.org --host imap.example.org --password-file password.txt",
        "demur filed anna --product instagram --on 2025-05-13",
        "demur review",
        "demur correct 3f9ac1d2 confirmation --by anna",
        "demur user anna --country DE --language de",
        "demur token create --user anna --scope feed",
        "demur complaint anna",
        "demur export anna -o anna.zip",
        "demur verify anna.zip",
        "demur doctor",
        "demur forget anna --yes",
    },
    SAVED: {
        "demur classify fixtures/confirmation/en-reviewed-will-honor-2024.1.eml fixtures/information_request/de-identitaet.1.eml",
        "demur classify saved-mails --json",
        "demur classify - < mail.eml",
        "demur redact mail.eml -o redacted.eml",
        "demur redact redacted.eml --check",
        "demur import saved-mails Takeout/Mail.mbox --user anna",
    },
    ORGANISATION: {
        "export DEMUR_DATABASE_URL=postgresql+psycopg://demur@db.example.org/demur",
        "demur token create --user anna",
        "demur token create --admin --scope write",
        "demur run --host 127.0.0.1 --port 8000",
        'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/status/anna',
        "demur stats --csv stats.csv",
    },
    MODEL: {"demur evaluate --fixtures my-mails", "demur train --fixtures my-mails"},
}


def test_every_command_in_the_readme_is_run_by_a_test_below() -> None:
    found = {(step.section, step.command) for step in steps(README)}
    assert found == {(section, command) for section, commands in KNOWN.items() for command in commands}


def test_a_block_that_hides_a_command_is_found() -> None:
    text = "# One\n```sh\nrm -r x   # gone\n```\n## Two\n```console\n$ ls\na\nb\n$ pwd\n```\n"
    assert list(steps(text)) == [Step("One", "rm -r x"), Step("Two", "ls", "a\nb\n"), Step("Two", "pwd")]


@pytest.mark.parametrize("step", [step for step in steps(README) if step.command.startswith("make ")], ids=lambda step: step.command)
def test_the_make_targets_exist(step: Step) -> None:
    done = subprocess.run([*shlex.split(step.command), "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_other_commands_that_the_text_names_exist() -> None:
    for target in re.findall(r"`make ([a-z]+)`", README):
        assert subprocess.run(["make", target, "--dry-run"], cwd=ROOT, capture_output=True).returncode == 0, target
    for name in re.findall(r"`demur ([a-z]+)`", README):
        done = subprocess.run(
            [sys.executable, "-m", "demur", name, "--help"], cwd=ROOT, capture_output=True, env=os.environ | {"COLUMNS": "100"}
        )
        assert done.returncode == 0, name


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    with reading(tmp_path) as reader:
        reader.serve("demur run --demo")
        *_, shown = [step for step in of(DEMO) if not step.command.startswith("make ")]
        until(lambda: "threads" in reader.run(shown.command), 60, "the mail that comes later")
        assert shape(reader.run(shown.command)) == shape(shown.output)


def fill(dovecot: Dovecot, key: SigningKey) -> None:
    """Anna's mailbox with a receipt and a mail that nothing proves, and one that two people share."""
    dovecot.deliver("readme-anna", from_meta(key, "receipt", "anna@example.org", 0), arrived=START)
    unsigned = mail(
        "Your objection", "We will honour your objection to AI at Meta.", "Meta <a@facebookmail.com>", "anna@example.org", START
    )
    dovecot.deliver("readme-anna", unsigned, arrived=START)
    for person, outcome in (("mum@example.org", "confirmation"), ("family+kid@example.org", "rejection")):
        dovecot.deliver("readme-family", from_meta(key, outcome, person, 3), arrived=START)


@pytest.mark.server
def test_a_mailbox_is_connected_and_looked_after(tmp_path: Path, dovecot: Dovecot, signing_key: SigningKey, nameserver: NameServer) -> None:
    fill(dovecot, signing_key)
    server = f"--host 127.0.0.1 --port {dovecot.port} --ca-file {dovecot.certificate}"
    (tmp_path / "password.txt").write_text(PASSWORD + "\n")
    with reading(tmp_path, DEMUR_NAMESERVERS=nameserver.address) as reader:
        for step in of(MAILBOX):
            command = step.command
            box = "readme-family" if "family@" in command else "readme-anna"
            reader.swaps = {"--host imap.example.org": f"{server} --login {box}"}
            if command == "demur connect anna@example.org --user anna":
                command += " --host imap.example.org --password-file password.txt"  # a reader is asked for the password
            if "3f9ac1d2" in command:
                waiting = re.search(r"[0-9a-f]{12}", reader.run("demur review"))
                assert waiting
                reader.swaps["3f9ac1d2"] = waiting.group()[:8]
            if command == "demur run":
                reader.serve(command)
                reader.stop()
            else:
                reader.run(command)
            if "correct" in command:
                assert "confirmed" in reader.run("demur status anna")
        reader.run("demur sync")
        assert "confirmed" in reader.run("demur status mum")
        assert "rejected" in reader.run("demur status kid")


def test_saved_mails_are_classified_and_imported(tmp_path: Path, signing_key: SigningKey, nameserver: NameServer) -> None:
    saved, raw = tmp_path / "saved-mails", from_meta(signing_key, "rejection", "anna@example.org", 1)
    saved.mkdir()
    (saved / "a.eml").write_bytes(raw)
    (tmp_path / "mail.eml").write_bytes(raw)
    (tmp_path / "Takeout").mkdir()
    (tmp_path / "Takeout" / "Mail.mbox").write_bytes(b"From a@b Thu May  1 09:00:00 2025\n" + raw.replace(b"\r\n", b"\n"))
    with reading(tmp_path, DEMUR_NAMESERVERS=nameserver.address) as reader:
        for step in of(SAVED):
            printed = reader.run(step.command)
            assert printed
            if step.output:
                assert shape(printed) == shape(step.output)
        assert "rejected" in reader.run("demur status anna")


@pytest.mark.server
def test_an_organisation_asks_over_http(tmp_path: Path, postgres_server: str) -> None:
    with psycopg.connect(f"{postgres_server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE readme")
    with reading(tmp_path) as reader:
        reader.swaps = {"postgresql+psycopg://demur@db.example.org/demur": f"{postgres_server}/readme"}
        for step in of(ORGANISATION):
            if step.command == "demur token create --user anna":
                reader.run("demur import fixtures/notice/en-*.eml --user anna")
                reader.exports.append(f"export TOKEN={reader.run(step.command).strip()}")
            elif step.command.startswith("demur run"):
                reader.swaps["http://127.0.0.1:8000"] = reader.serve(step.command)
            else:
                printed = reader.run(step.command)
                assert not step.command.startswith("curl") or '"user":"anna"' in printed.replace(": ", ":")


def test_own_mails_are_measured_and_trained_on(tmp_path: Path) -> None:
    for outcome in Outcome:
        own = tmp_path / "my-mails" / outcome.value
        own.mkdir(parents=True)
        for path in sorted((ROOT / "fixtures" / outcome.value).glob("*.eml"))[:ENOUGH_PER_OUTCOME]:
            shutil.copy(path, own)
    with reading(tmp_path) as reader:
        printed = [reader.run(step.command) for step in of(MODEL)]
    assert all("macro-F1" in text for text in printed)
