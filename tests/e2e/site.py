"""The pages of a real ledger, served in this process: a person with objections in many states, and mails full of scripts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from api.app import create_app
from api.login import Sessions
from demur.composition import Composition
from demur.settings import Settings
from demur.web import services
from ledger.entry import filing_of
from ledger.mailboxes import Health, MailboxSettings
from ledger.outcome import Product, Track
from ledger.trust import Trust
from tests.api.world import World
from tests.e2e.vectors import VECTORS
from tests.rig.free import free_port, until

LETTER = """From: "{sender}" <noreply@facebookmail.com>
To: anna@example.org
Subject: {subject}
Date: Tue, 20 May 2025 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>About your objection to AI at Meta: we will honour your objection.</p>
<p>{text}</p><p><a href="{link}">{link}</a></p><blockquote>{text}</blockquote><div style="display:none">{text}</div>
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pages are, how to log in once more, and the mails with scripts in them."""

    base: str
    sessions: Sessions
    hostile: tuple[str, ...]

    def link(self) -> str:
        """A fresh log-in link."""
        return f"{self.base}/login?token={self.sessions.new_link()}"


def letter(vector: str, text: str) -> bytes:
    """A mail with a vector wherever a sender may write one."""
    line = vector.replace("\n", " ").replace("\r", " ")
    written = {"sender": line.replace('"', "'"), "subject": line, "text": text, "link": line.replace('"', "&quot;")}
    return LETTER.format(**written).replace("\n", "\r\n").encode()


def _peaceful(world: World) -> None:
    """One case in each state that a person meets."""
    world.mail("anna", "notice", "2026-10-01", product=Product.FACEBOOK, form_url="https://www.facebook.com/help/contact/712876720715583")
    world.mail("anna", "confirmation", "2026-10-13", names_accounts_centre=True)
    world.mail("anna", "receipt", "2026-11-10", product=Product.WHATSAPP)
    world.mail("anna", "receipt", "2026-08-10", product=Product.THREADS)
    world.mail("anna", "rejection", "2026-10-20", product=Product.META, track=Track.THIRD_PARTY)
    at, filing = filing_of(Product.META, Track.OWN_DATA, None, "anna", world.now)
    world.ledger.record.write(world.user("anna"), at, filing, world.now)


def _hostile(world: World) -> tuple[str, ...]:
    shas = []
    pairs = [" ".join(VECTORS[at : at + 2]) for at in range(0, len(VECTORS), 2)]
    for number, vector in enumerate(pairs):
        text = "\n".join(VECTORS) if number == 0 else vector
        doubt = ({"abstained": True}, {"trust": Trust.UNPROVEN, "trust_reason": vector}, {"trust": Trust.FORGED, "trust_reason": vector})[
            number % 3
        ]
        facts = {"subject": vector, "phrases": (vector,), "bound_reason": vector, "defects": (vector,), "template": f"t{number}"}
        shas.append(world.mail("mallory", "confirmation", "2026-10-10", letter(vector, text), **facts, **doubt))
    for number, vector in enumerate(VECTORS[:20]):
        settings = MailboxSettings("imap", "imap.example.org", 993, login=vector, folders=(vector,))
        box = world.mailbox(f"{vector}{number}", "mallory", settings=settings)
        world.ledger.mailboxes.note_bad(box, Health.CONNECT_ERROR, vector, None)
    return tuple(shas)


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """The site at a free port of this machine, until the end of the block."""
    parts = Composition(Settings(data=folder), now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    world = World(parts.ledger, parts.now())
    _peaceful(world)
    world.mailbox("anna@example.org", "anna", looked=timedelta(minutes=2))
    shas, sessions, port = _hostile(world), Sessions(), free_port()
    app = create_app(services(parts, sessions))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, 20, "the pages")
        yield Site(f"http://127.0.0.1:{port}", sessions, shas)
    finally:
        server.should_exit = True
        thread.join()
        parts.close()
