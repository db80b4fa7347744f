"""Every command in the tutorial is run in its order, and every step shows its picture. One that is not known here fails."""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from ledger.outcome import Outcome
from tests.e2e.program import Program
from tests.e2e.story import START, from_meta, mail
from tests.reader import ROOT, Step, steps
from tests.rig.dovecot import PASSWORD, Dovecot

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEPS = list(steps(TUTORIAL))
SHOWS = {
    "demur sync": "anna@example.org",
    "demur mailboxes": "connected",
    "demur import saved-mails --user anna": "2",
    "demur status anna": "confirmed",
    "demur review": "Your objection",
    "demur correct 3f9ac1d2 confirmation --by anna": "",
    "demur filed anna --product threads --on 2025-06-02": "Noted: anna objected for threads on 2025-06-02.",
    "demur user anna --country DE --language de": "DE",
    "demur token create --user anna --scope feed": "demur_",
    'curl "http://127.0.0.1:8000/deadlines.ics?token=$TOKEN" -o deadlines.ics': "",
    "demur complaint anna": "Threads",
    "demur export anna -o anna.zip": "Signed by",
    "demur verify anna.zip": "Whole: ",
    "demur train --fixtures my-mails": "macro-F1",
    "demur models": "→",
    "demur replay --model 2026.11.22-1a2b3c": "mails would be decided otherwise",
    "demur promote 2026.11.22-1a2b3c": "decides from now on",
    "demur rollback": "decides again",
    "demur stats": "",
}
"""Each command that is run to its end, with a word of what it prints."""
OTHERS = {
    "make run",
    "source .venv/bin/activate",
    "demur connect anna@example.org --user anna --host imap.example.org --password-file password.txt",
    "demur run",
}
FEW = 5


def test_every_command_in_the_tutorial_is_known_here() -> None:
    assert {step.command for step in STEPS} == {*SHOWS, *OTHERS}


def test_every_step_has_a_picture_of_its_own_that_is_described() -> None:
    parts = TUTORIAL.split("\n## ")[1:]
    pictures = [re.findall(r"!\[([^\]]+)\]\(images/([\w-]+\.png)\)", part) for part in parts]
    assert all(pictures)
    shown = [name for found in pictures for _, name in found]
    assert len(shown) == len(set(shown))


def prepared(folder: Path, key: SigningKey) -> None:
    """Two saved mails, labelled mails, and the password."""
    saved = folder / "saved-mails"
    saved.mkdir()
    for day, outcome in enumerate(("notice", "confirmation")):
        (saved / f"{day}.eml").write_bytes(from_meta(key, outcome, "anna@example.org", day))
    for outcome in Outcome:
        (folder / "my-mails" / outcome.value).mkdir(parents=True)
        for path in sorted((ROOT / "fixtures" / outcome.value).glob("de-*.eml"))[:FEW]:
            shutil.copy(path, folder / "my-mails" / outcome.value)
    (folder / "password.txt").write_text(PASSWORD + "\n")


@dataclass
class Reader:
    """Somebody who follows the tutorial; `swaps`: their own server, hash, version and token for those that it names."""

    program: Program
    swaps: dict[str, str]

    def does(self, command: str) -> str:
        """Run one command; what it prints."""
        for tutorials, own in self.swaps.items():
            command = command.replace(tutorials, own)
        name, *arguments = shlex.split(command)
        if name == "demur":
            return self.program.run(*arguments).stdout
        done = subprocess.run([name, *arguments], cwd=self.program.data.parent, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def looks_up(self, command: str) -> None:
        """Find what the next command names: a hash, a version."""
        if "3f9ac1d2" in command:
            self.swaps["3f9ac1d2"] = re.findall(r"[0-9a-f]{12}", self.does("demur review"))[0]
        if command.startswith("demur replay"):
            self.swaps["2026.11.22-1a2b3c"] = next(card["version"] for card in self.program.json("models") if not card["current"])


def follow(reader: Reader, step: Step) -> None:
    """One step; where it serves, only until the calendar was fetched."""
    reader.looks_up(step.command)
    printed = reader.does(step.command)
    assert SHOWS[step.command] in printed, step.command
    if "--scope feed" in step.command:
        reader.swaps["$TOKEN"] = printed.strip()


@pytest.mark.server
def test_the_tutorial_can_be_followed_to_its_end(tmp_path: Path, dovecot: Dovecot, signing_key: SigningKey, nameserver: NameServer) -> None:
    prepared(tmp_path, signing_key)
    doubted = mail("Your objection", "We will honour your objection to AI at Meta.", "Meta <a@facebookmail.com>", "anna@example.org", START)
    dovecot.deliver("tutorial", from_meta(signing_key, "notice", "anna@example.org", 0), arrived=START)
    dovecot.deliver("tutorial", doubted, arrived=START)
    server = f"--host 127.0.0.1 --port {dovecot.port} --ca-file {dovecot.certificate} --login tutorial"
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    reader = Reader(program, {"--host imap.example.org": server})
    for step in STEPS:
        if step.command.startswith("demur connect"):
            reader.does(step.command)
        elif step.command == "demur run":
            running = program.start()
            reader.swaps["http://127.0.0.1:8000"] = running.base
        elif step.command in SHOWS:
            follow(reader, step)
        if step.command.startswith("curl"):
            assert running.stop() == 0
    assert reader.does("demur status anna").count("confirmed") == 1
    assert "BEGIN:VEVENT" in (tmp_path / "deadlines.ics").read_text()
