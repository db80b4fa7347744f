"""The comparison at the end: what was delivered, what the ledger says, what the server says, and what stands where it must not."""

import base64
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.soak.mails import CANARY
from bench.soak.world import READ, World
from ledger.entry import Decision
from ledger.ledger import Ledger
from tests.rig.dovecot import PASSWORD

SECRETS = {
    "password": PASSWORD.encode(),
    "password in base64": base64.b64encode(PASSWORD.encode()).rstrip(b"=")[:-1],
    "correspondent": CANARY.encode(),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of it must be zero; `looked_at` and `left_out` say of how many. `missed`: what a cursor went past and an audit found."""

    lost: int
    unread: int
    missed: int
    duplicates: int
    foreign: int
    changed: int
    hits: int
    tracebacks: int
    broken_chains: int
    looked_at: int
    left_out: int

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        bad = (
            self.lost,
            self.unread,
            self.missed,
            self.duplicates,
            self.foreign,
            self.changed,
            self.hits,
            self.tracebacks,
            self.broken_chains,
        )
        return not any(bad)


def decided(ledger: Ledger, name: str) -> Counter[str]:
    """How often each mail was decided for the user of a mailbox."""
    user = ledger.people.require(name)
    return Counter(e.body.sha256 for e in ledger.record.entries(user) if isinstance(e.body, Decision))


def unread(ledger: Ledger, world: World, name: str) -> int:
    """How many mails lie on the server and are not recorded."""
    box, missing = world.boxes[name], 0
    row = ledger.mailboxes.require(name)
    with world.client(name) as client:
        for folder in READ:
            there = world.compare(box, client, folder)
            cursor = ledger.mailboxes.cursor(row, folder)
            uidvalidity = int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])
            known = ledger.reading.known_uids(row, folder, uidvalidity, 0, 2**32) if cursor else set()
            missing += len(there - known)
    return missing


def hits(places: list[Path]) -> list[str]:
    """Where a secret stands in a file."""
    found = []
    for path in (p for place in places for p in ([place] if place.is_file() else sorted(place.rglob("*"))) if p.is_file()):
        data = path.read_bytes()
        found += [f"{what} in {path.name}" for what, secret in SECRETS.items() if secret in data]
    return found


def judge(ledger: Ledger, world: World, data: Path, log: Path) -> Verdict:
    """Compare everything."""
    lost = duplicates = foreign = missing = looked_at = left_out = 0
    everybody = {name: box.known for name, box in world.boxes.items()}
    for name, box in world.boxes.items():
        found = decided(ledger, name)
        certain = box.ours - box.doubtful
        lost += len(certain - found.keys())
        duplicates += sum(count - 1 for count in found.values())
        foreign += len(found.keys() - everybody[name])
        missing += unread(ledger, world, name)
        looked_at += len(certain)
        left_out += len(box.ours & box.doubtful)
    words = log.read_bytes() if log.exists() else b""
    names = sum(name.encode() in words for name in world.boxes)
    broken = sum(ledger.record.broken_chain(user) is not None or not ledger.record.rebuild(user) for user in ledger.people.all())
    ledger.database.wipe()
    return Verdict(
        lost,
        missing,
        words.count(b"an audit found"),
        duplicates,
        foreign,
        len(world.changed),
        len(hits([data])) + names,
        words.count(b"Traceback"),
        broken,
        looked_at,
        left_out,
    )
