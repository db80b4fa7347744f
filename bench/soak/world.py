"""What happens around the worker: deliveries, another mail program, faults, resets. It keeps the truth that is compared at the end."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from bench.soak.mails import Letter, letters
from bench.soak.proxy import FAULTS, FaultProxy
from demur.demo.signing import SigningKey
from ingest.identity import identity
from tests.rig.dovecot import PASSWORD, Dovecot

READ = ("INBOX", "Junk")
CONNECTION_FAULTS = {"fin": 5, "rst": 5, "cut": 6, "blackhole": 2, "delay": 3, "trickle": 2, "refuse": 2}
Key = tuple[str, str, int]
"""Mailbox, folder, UIDVALIDITY."""


@dataclass
class Box:
    """One mailbox: what was delivered to it, and what the other program did."""

    name: str
    source: Iterator[Letter]
    lock: threading.RLock = field(default_factory=threading.RLock)
    ours: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    seen: dict[Key, dict[int, tuple[Any, ...]]] = field(default_factory=dict)
    touched: set[tuple[Key, int]] = field(default_factory=set)


class World:
    """The server, the proxy and everybody but the worker. `done` counts what happened."""

    def __init__(self, server: Dovecot, proxy: FaultProxy, key: SigningKey, names: list[str], seed: int) -> None:
        self.server, self.proxy, self._chance = server, proxy, random.Random(seed)
        self.boxes = {name: Box(name, letters(key, name, random.Random(f"{seed}{name}"))) for name in names}
        self.done: Counter[str] = Counter()
        self.changed: list[str] = []
        self._owner = server._account
        for name in names:
            for folder in READ:
                self.server.maildir(name, folder)

    # mail

    def deliver(self) -> None:
        """One mail into one mailbox, as a delivery agent does: written beside, then renamed."""
        box = self._chance.choice(list(self.boxes.values()))
        letter = next(box.source)
        folder = "Junk" if self._chance.random() < 0.1 else "INBOX"
        if letter.sha256:
            box.ours.add(letter.sha256)
        box.known.add(identity(letter.raw.replace(b"\0", b"\x80"))[0])  # MEASURED: as Dovecot hands out a NUL
        self._drop(self._place(box.name, folder), letter.raw)
        self.done["mails"] += 1

    def _place(self, name: str, folder: str) -> Path:
        root = self.server.home / "mail" / name / "Maildir"
        return root if folder == "INBOX" else root / f".{folder}"

    def _drop(self, place: Path, raw: bytes) -> None:
        name = f"{int(time.time())}.M{self.done['mails']:08d}P{os.getpid()}.soak"
        draft = place / "tmp" / name
        draft.write_bytes(raw)
        if os.getuid() == 0:
            os.chown(draft, self._owner.pw_uid, self._owner.pw_gid)
        draft.rename(place / "new" / name)

    # another mail program

    @contextmanager
    def client(self, name: str) -> Iterator[IMAPClient]:
        """A mail program on the same account, straight to the server."""
        with IMAPClient("127.0.0.1", self.server.plain_port, ssl=False, timeout=30) as client:
            client.login(name, PASSWORD)
            yield client

    def meddle(self) -> None:
        """Flag, expunge or move a few mails."""
        box = self._chance.choice(list(self.boxes.values()))
        what = self._chance.choice(("flags", "flags", "expunges", "moves"))
        with box.lock, self.client(box.name) as client:
            place = ("INBOX" if what == "moves" else self._chance.choice(READ), client)
            key, uids = self._some(box, *place)
            if uids:
                getattr(self, f"_{what}")(box, client, key, uids)
                self.done[what] += 1

    def _some(self, box: Box, folder: str, client: IMAPClient) -> tuple[Key, list[int]]:
        selected = client.select_folder(folder)
        uids = client.search(["ALL"])
        return (box.name, folder, int(selected[b"UIDVALIDITY"])), sorted(
            self._chance.sample(uids, min(len(uids), self._chance.randint(1, 5)))
        )

    def _flags(self, box: Box, client: IMAPClient, key: Key, uids: list[int]) -> None:
        box.touched |= {(key, uid) for uid in uids}
        client.add_flags(uids, [self._chance.choice((rb"\Seen", rb"\Flagged"))])

    def _expunges(self, box: Box, client: IMAPClient, key: Key, uids: list[int]) -> None:
        box.touched |= {(key, uid) for uid in uids}
        self._doubt(box, client, uids)
        client.delete_messages(uids)
        client.expunge(uids)

    def _moves(self, box: Box, client: IMAPClient, key: Key, uids: list[int]) -> None:
        box.touched |= {(key, uid) for uid in uids}
        client.move(uids, "Junk")

    def _doubt(self, box: Box, client: IMAPClient, uids: list[int]) -> None:
        """A mail that goes before it was read cannot be known to have been there."""
        box.doubtful |= {identity(found[b"BODY[]"])[0] for found in client.fetch(uids, ["BODY.PEEK[]"]).values()}

    # what must not change

    def watch(self) -> None:
        """Compare one folder's flags and MODSEQs with those seen before."""
        box = self._chance.choice(list(self.boxes.values()))
        with box.lock, self.client(box.name) as client:
            self.compare(box, client, self._chance.choice(READ))

    def compare(self, box: Box, client: IMAPClient, folder: str) -> set[int]:
        """The same for one folder; return the UIDs that are there."""
        selected = client.select_folder(folder, readonly=True)
        key = (box.name, folder, int(selected[b"UIDVALIDITY"]))
        uids = client.search(["ALL"])
        found = client.fetch(uids, ["FLAGS", "MODSEQ"]) if uids else {}
        known = box.seen.setdefault(key, {})
        for uid, items in found.items():
            state = (tuple(sorted(set(items[b"FLAGS"]) - {rb"\Recent"})), items[b"MODSEQ"])
            if known.setdefault(uid, state) != state and (key, uid) not in box.touched:
                self.changed.append(f"{key} {uid}: {known[uid]} became {state}")
        self.done["comparisons"] += len(found)
        return set(uids)

    # faults

    def fault(self) -> None:
        """Do something bad to a connection."""
        kind = self._chance.choices([*CONNECTION_FAULTS, "bye"], [*CONNECTION_FAULTS.values(), 2])[0]
        if kind == "bye":
            box = self._chance.choice(list(self.boxes.values()))
            with box.lock:
                self.done["bye"] += self._kick(box.name)
        elif self.proxy.hit(kind, self._chance):
            self.done[kind] += 1

    def _kick(self, name: str) -> bool:
        """End all sessions of a user with BYE; False when there was none."""
        with suppress(AssertionError):
            self.server.kick(name)
            return True
        return False

    @property
    def faults(self) -> int:
        """How many network faults there were."""
        return sum(self.done[kind] for kind in (*FAULTS, "bye", "restarts"))

    def restart(self) -> None:
        """Stop the server and start it again."""
        with self._everything():
            self.server.stop()
            time.sleep(self._chance.uniform(0, 2))
            self.server.start_again()
            self.done["restarts"] += 1

    @contextmanager
    def _everything(self) -> Iterator[None]:
        with ExitStack() as locks:
            for box in self.boxes.values():
                locks.enter_context(box.lock)
            yield

    def reset(self) -> None:
        """Have the server number a mailbox anew. Nobody is logged in meanwhile, so that no server process writes the old numbers back."""
        box = self._chance.choice(list(self.boxes.values()))
        with box.lock:
            self.proxy.refuse(box.name, True)
            self._kick(box.name)
            time.sleep(1.2)
            for folder in READ:
                for path in self._place(box.name, folder).iterdir():
                    if path.name.startswith(("dovecot-uid", "dovecot.index", "dovecot.list.index")):
                        path.unlink()
            self.proxy.refuse(box.name, False)
        self.done["resets"] += 1


def at_a_rate(work: Callable[[], None], count: float, seconds: float, stop: threading.Event, errors: list[str]) -> threading.Thread:
    """A thread that does `work` about `count` times in so many seconds, and catches up when the machine was busy."""

    def loop() -> None:
        start, done = time.monotonic(), 0
        while not stop.is_set():
            due = count * (time.monotonic() - start) / seconds
            if done + 1 <= due:
                try:
                    work()
                except Exception as error:
                    errors.append(f"{work.__name__}: {type(error).__name__}: {error}")
                done += 1
            else:
                stop.wait(min((done + 1 - due) * seconds / count, 1.0))

    thread = threading.Thread(target=loop, daemon=True, name=work.__name__)
    thread.start()
    return thread
