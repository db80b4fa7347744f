"""A thousand idling mailboxes in one process: memory, threads, CPU. `python -m bench.idling [COUNT]`; keeps bench/results/idling.md."""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography.fernet import Fernet

from bench.results_file import keep
from bench.soak.entry import Plan, decider_of, ledger_of, utc_now
from demur.commands.run import raise_file_limit
from ingest.imap import ImapMailbox
from ingest.lifeline import Lifeline
from ingest.worker import Worker
from ledger.ledger import Ledger
from ledger.mailboxes import MailboxRow, MailboxSettings
from tests.rig.certificate import write_certificate
from tests.rig.free import until

WATCHED = 30.0


def rss() -> float:
    """This process's resident memory, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def connected(ledger: Ledger, count: int, port: int, certificate: Path) -> None:
    """Write down so many mailboxes on the server."""
    for number in range(count):
        settings = MailboxSettings("imap", "localhost", port, "tls", f"idle{number}", str(certificate))
        ledger.mailboxes.save(f"idle{number}@example.org", settings, "secret")


def load_everything(folder: Path) -> None:
    """What `demur run` holds besides the connections: the model and the web side."""
    import uvicorn  # noqa: F401

    import api.app  # noqa: F401
    from demur.judge import Judge
    from ingest.decide import read
    from tests.e2e.story import START, mail

    Judge(folder, None, lambda *progress: None)(
        [read(mail("Your objection", "We will honour your objection.", "a@b.example", "c@d.example", START))]
    )


def measure(count: int, folder: Path, port: int, certificate: Path) -> list[tuple[str, str]]:
    """Let a worker idle on so many mailboxes."""
    raise_file_limit()
    plan = Plan(folder, Fernet.generate_key().decode())
    ledger = ledger_of(plan)
    connected(ledger, count, port, certificate)
    load_everything(folder)
    before = rss()

    def connect(row: MailboxRow, lifeline: Lifeline) -> ImapMailbox:
        return ImapMailbox(row, "secret", lifeline=lifeline)

    worker = Worker(ledger, connect, decider_of(plan, ledger), utc_now)
    thread = threading.Thread(target=worker.run)
    start = time.monotonic()
    thread.start()
    until(lambda: sum(w.idling and w.whole_slice for w in worker._watches.values()) == count, 300, "everybody idling")
    settled, cpu, began = time.monotonic() - start, time.process_time(), time.monotonic()
    time.sleep(WATCHED)
    share = (time.process_time() - cpu) / (time.monotonic() - began)
    figures = [
        ("idling mailboxes in one process, over TLS", f"{count}"),
        ("resident memory", f"{rss():.0f} MB, of it {before:.0f} MB with model and web side and without any connection"),
        ("memory for each mailbox", f"{(rss() - before) / count * 1024:.0f} KB"),
        ("threads", f"{threading.active_count()}"),
        ("open files", f"{len(os.listdir('/proc/self/fd'))}"),
        ("log-in of all, first look, IDLE", f"{settled:.0f} s"),
        ("CPU while idling", f"{share:.1%} of a core"),
    ]
    worker.stop()
    thread.join()
    ledger.database.close()
    return figures


def main(count: int = 1000) -> None:
    """Start the server, measure, keep the figures."""
    with tempfile.TemporaryDirectory(prefix="demur-idle-") as name:
        folder = Path(name)
        certificate, key = write_certificate(folder)
        raise_file_limit()
        port_file = folder / "port"
        server = subprocess.Popen([sys.executable, "-m", "bench.idle_server", str(certificate), str(key), str(port_file)])
        try:
            until(lambda: port_file.exists() and port_file.read_text(), 20, "the server")
            keep("idling", "Many idling mailboxes", measure(count, folder, int(port_file.read_text()), certificate))
        finally:
            server.kill()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
