"""A notifier in a process of its own, for one turn: there to be killed in the middle of it."""

import ssl
import sys
from datetime import datetime
from pathlib import Path

from demur.composition import utc_now
from demur.notify.notifier import Notifier
from demur.notify.post import Post
from demur.notify.target import targets_of
from ingest.address import Resolver
from ingest.line import Line
from ledger.ledger import open_ledger
from ledger.vault import Vault


def main(data: str, names: str, port: str, certificate: str, urls: str, key: str, now: str) -> None:
    """One turn over a line that leads every address to the receiver."""
    host, _, number = names.rpartition(":")
    context = ssl.create_default_context(cafile=certificate)
    line = Line(Resolver(((host, int(number)),)).addresses, lambda address, _: ("127.0.0.1", int(port)), context)
    vault = Vault([key])
    ledger = open_ledger(f"sqlite:///{Path(data) / 'demur.sqlite3'}", Path(data), vault)
    Notifier(ledger, targets_of(urls, "", vault), Post(line, utc_now), lambda: datetime.fromisoformat(now)).turn()


if __name__ == "__main__":
    main(*sys.argv[1:])
