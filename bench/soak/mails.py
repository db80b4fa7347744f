"""The mails of the soak: answers of Meta's, everybody's mail, and what is hardly a mail."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from demur.demo.signing import SigningKey
from ingest.identity import identity
from tests.e2e.story import TEXTS, from_meta

CANARY = "canary.correspondent@secret-canary.example"
"""An address that stands in everybody's mail and nowhere else: it must be in no log and no database."""
DAMAGED = (
    b"",
    b"\r\n\r\n",
    b"Subject: Facebook\r\n\r\n\0\0\0",
    b"From: x@canary.example\r\nSubject: x\rTo: y\r\n\r\nbare\rreturns\r\n",
    b"\xff\xfe\x00From: nobody\r\n",
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--",
    b"From: =?utf-8?b?////?= <a@b>\r\nContent-Type: text/plain; charset=zip\r\nContent-Transfer-Encoding: base64\r\n\r\n====\r\n",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be delivered. `sha256`: its identity where it must end in the ledger, else None."""

    raw: bytes
    sha256: str | None


def letters(key: SigningKey, address: str, chance: random.Random) -> Iterator[Letter]:
    """Mails for one person, without end: one in twenty-five is Meta's, one in forty damaged, now and then one comes twice."""
    last: Letter | None = None
    for number in itertools.count():
        roll = chance.random()
        if roll < 0.04:
            last = _from_meta(key, address, number, chance)
            yield last
        elif roll < 0.044 and last:
            yield last
        elif roll < 0.07:
            yield Letter(chance.choice(DAMAGED) + (b"X-Number: %d\r\n" % number if chance.random() < 0.5 else b""), None)
        else:
            yield Letter(_ordinary(address, number, chance), None)


def _from_meta(key: SigningKey, address: str, number: int, chance: random.Random) -> Letter:
    raw = from_meta(key, chance.choice(sorted(TEXTS)), address, number + chance.random(), product=f"Facebook {number}")
    return Letter(raw, identity(raw)[0])


def _ordinary(address: str, number: int, chance: random.Random) -> bytes:
    head = f"From: Shop <{CANARY}>\r\nTo: {address}\r\nSubject: Order {number} is on its way\r\nMessage-ID: <{chance.random()}@shop>\r\n"
    return (head + f"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{CANARY} sends parcel {number}.\r\n").encode()
