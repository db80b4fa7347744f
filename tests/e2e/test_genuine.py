"""Mails that Meta would sign, across the fixtures: delivered to Dovecot, synced, proven, and the decisive ones move their case."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle, product
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey, new_key
from ledger.entry import Decision, Entry
from ledger.ledger import open_ledger
from ledger.outcome import DECISIVE, Outcome
from ledger.status import State, status_of
from ledger.trust import Trust
from ledger.vault import Vault
from tests.e2e.program import Program
from tests.forgeries.letters import from_meta, letter_of
from tests.ingest.labelled import paths
from tests.rig.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.server
BOX = "genuine@example.org"
DOMAINS = ("facebookmail.com", "support.facebook.com", "mail.instagram.com", "support.whatsapp.com", "meta.com", "global.metamail.com")
CANONICAL = tuple(product((b"simple", b"relaxed"), repeat=2))
EACH = {outcome: 45 if outcome in DECISIVE else 24 for outcome in Outcome if outcome is not Outcome.UNRELATED}
STATES = {Outcome.CONFIRMATION: State.CONFIRMED, Outcome.REJECTION: State.REJECTED}


@pytest.fixture(scope="module")
def keys(signing_key: SigningKey) -> tuple[SigningKey, ...]:
    """2048 and 1024 bits, as Meta uses both."""
    return signing_key, new_key("middle", 1024)


@pytest.fixture(scope="module")
def every_domain(keys: tuple[SigningKey, ...]) -> Iterator[NameServer]:
    with NameServer({key.name(domain): key.record for key in keys for domain in (*DOMAINS, "relay.example")}) as server:
        yield server


def chosen() -> list[Path]:
    """Fixtures of every outcome that says something, evenly out of all languages."""
    found = []
    for outcome, count in EACH.items():
        all_of_it = paths(outcome)
        picked = [path for path in all_of_it[:: max(1, len(all_of_it) // (count + count // 2))] if from_meta(path)][:count]
        found += picked
    return found


def signed_mails(keys: tuple[SigningKey, ...]) -> Iterator[tuple[bytes, datetime]]:
    """The chosen fixtures, each under another combination of domain, key, canonicalisation, folding and further signatures."""
    ways = zip(cycle(DOMAINS), cycle(keys), cycle((*CANONICAL, CANONICAL[1])), cycle((False, True, False)), strict=False)
    for number, (path, (domain, key, canonical, twice)) in enumerate(zip(chosen(), ways, strict=False)):
        letter = letter_of(path, number)
        extra = b"X-Folded: one\r\n\ttwo\r\n  three\r\nMessage-ID:\r\n <%d@%s>\r\n" % (number, domain.encode())
        raw = key.sign(letter.raw(f"Meta\r\n <notification@{domain}>", BOX, extra=extra), domain, canonicalize=canonical)
        yield key.sign(raw, "relay.example") if twice else raw, letter.sent


def test_genuine_mails_of_every_kind_are_proven_and_the_decisive_ones_move_cases(
    dovecot: Dovecot, keys: tuple[SigningKey, ...], every_domain: NameServer, tmp_path: Path
) -> None:
    mails = list(signed_mails(keys))
    assert len(mails) >= 200
    assert any(b"Content-Transfer-Encoding: 8bit" in raw for raw, _ in mails)
    for raw, sent in mails:
        dovecot.deliver(BOX, raw, arrived=sent)
    key = Fernet.generate_key().decode()
    settings = {"DEMUR_NAMESERVERS": every_domain.address, "DEMUR_ALLOW_LOOPBACK_MAIL": "1", "DEMUR_SECRET_KEY": key}
    program = Program(tmp_path / "data", settings)
    (tmp_path / "password").write_text(PASSWORD)
    server = ("--host", "127.0.0.1", "--port", str(dovecot.port), "--ca-file", str(dovecot.certificate))
    program.run("connect", BOX, "--user", "anna", "--password-file", tmp_path / "password", *server)
    assert program.json("sync")["seen"] == len(mails)
    decided = decisions(tmp_path / "data", key)
    trusts = Counter(entry.body.trust for entry in decided if isinstance(entry.body, Decision))
    assert trusts[Trust.PROVEN] >= 0.99 * len(mails), trusts
    assert_each_moves_its_case(decided)
    assert {case["state"] for case in program.json("status", "anna")["cases"]} & {"confirmed", "rejected", "contradicted"}


def decisions(data: Path, key: str) -> list[Entry]:
    ledger = open_ledger(f"sqlite:///{data}/demur.sqlite3", data, Vault([key]))
    try:
        return ledger.record.entries(ledger.people.require("anna"))
    finally:
        ledger.database.close()


def assert_each_moves_its_case(decided: list[Entry]) -> None:
    """Alone in a ledger, each decisive mail that the model is sure of makes its state."""
    moved = Counter[str]()
    for entry in decided:
        body = entry.body
        assert isinstance(body, Decision)
        if body.outcome in DECISIVE and not body.abstained:
            assert [case.state for case in status_of([entry]).cases] == [STATES[body.outcome]], body.bound_reason
            moved[body.outcome] += 1
    assert min(moved[Outcome.CONFIRMATION], moved[Outcome.REJECTION]) >= 30
