"""Mails for the question which ones are worth fetching: the fixtures in a real mailbox, and ordinary mail that should stay where it is."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from ingest.decide import read
from ingest.identity import identity
from ingest.imap import ImapMailbox
from ledger.message import Frame
from ledger.outcome import Outcome
from tests.ingest.labelled import paths

PREFIX = re.compile(r"[^\s:]{1,8}:")
"""What a mail program writes in front of the subject of a mail that it passes on."""
ORDINARY = (
    ("Bakery <orders@bakery.example>", "Your order is ready"),
    ("Shop <noreply@shop.example>", "Order confirmation 4711"),
    ("Shop <noreply@shop.example>", "Your parcel will arrive tomorrow"),
    ("Versand <info@versand.example>", "Ihre Sendung ist unterwegs"),
    ("Shop <news@shop.example>", "-20 % auf alles, nur heute"),
    ("Boutique <news@boutique.example>", "Les soldes commencent"),
    ("Bank <service@bank.example>", "Ihr Kontoauszug ist da"),
    ("Bank <service@bank.example>", "Your statement for May"),
    ("Versicherung <info@vers.example>", "Ihre Beitragsrechnung 2025"),
    ("Doctor <praxis@praxis.example>", "Terminerinnerung für Montag"),
    ("School <office@school.example>", "Elternabend am 13. Mai"),
    ("Anna <anna@example.net>", "Re: dinner on Friday"),
    ("Anna <anna@example.net>", "Urlaubsfotos"),
    ("Bob <bob@example.net>", "Re: Re: your question"),
    ("Bob <bob@example.net>", "AW: Rechnung"),
    ("Mum <mum@example.net>", "photos from Sunday"),
    ("Landlord <rent@example.net>", "Heating bill"),
    ("Airline <booking@air.example>", "Your boarding pass"),
    ("Rail <ticket@rail.example>", "Deine Fahrkarte nach Berlin"),
    ("Hotel <stay@hotel.example>", "Booking confirmed: 2 nights"),
    ("Newsletter <hello@news.example>", "This week in gardening"),
    ("Zeitung <abo@zeitung.example>", "Der Morgen: was heute wichtig wird"),
    ("Journal <lettre@journal.example>", "L'essentiel de la semaine"),
    ("Gazeta <news@gazeta.example>", "Najważniejsze wiadomości dnia"),
    ("Tech <digest@tech.example>", "How model railways work"),
    ("Dev <noreply@git.example>", "[repo] Build failed on main"),
    ("Dev <noreply@git.example>", "[repo] metadata parser: add tests (#42)"),
    ("Calendar <calendar@example.org>", "Invitation: planning @ Tue 13 May"),
    ("Job portal <jobs@jobs.example>", "5 new jobs for you"),
    ("Network <updates@network.example>", "You appeared in 3 searches"),
    ("Video <no-reply@video.example>", "Someone replied to your comment"),
    ("Game <play@game.example>", "Your free coins are waiting"),
    ("Energy <kunde@strom.example>", "Ihre Abschlagszahlung ändert sich"),
    ("Telecom <rechnung@tel.example>", "Ihre Rechnung für April"),
    ("Charity <danke@ngo.example>", "Danke für Ihre Spende"),
    ("Library <mail@library.example>", "Your books are due"),
    ("Sports club <verein@club.example>", "Training fällt aus"),
    ("Choir <chor@club.example>", "Probe am Mittwoch"),
    ("Tax office <elster@amt.example>", "Neue Nachricht in Ihrem Postfach"),
    ("City <buergeramt@stadt.example>", "Ihr Termin im Bürgeramt"),
    ("Lottery <win@prize.example>", "You have won"),
    ("Pharmacy <apo@apo.example>", "Ihr E-Rezept ist eingelöst"),
    ("Recruiter <hr@firm.example>", "Your application: next steps"),
    ("Support <help@saas.example>", "Your ticket #881 was closed"),
    ("Software <team@saas.example>", "What's new in version 5"),
    ("Metal shop <info@metalshop.example>", "Offer for steel sheets"),
    ("Metropolis <kino@metropolis.example>", "Das Kinoprogramm ab Donnerstag"),
)
"""Sender and subject of mails that are nobody's business."""


@dataclass(frozen=True, slots=True)
class Case:
    """One mail of the measurement: `wanted` where it must be fetched, None where it does not matter."""

    name: str
    raw: bytes
    wanted: bool | None


def ordinary_mails() -> Iterator[Case]:
    """Mails that should stay in the mailbox; every third has a file attached."""
    for number, (sender, subject) in enumerate(ORDINARY):
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = sender, "Anna <anna@example.org>", subject
        message["Date"] = "Tue, 13 May 2025 09:12:00 +0200"
        message.set_content(f"Number {number}. You object to nothing here, says Facebook.\n")
        if number % 3 == 0:
            message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
        yield Case(f"ordinary: {subject}", message.as_bytes(), False)


def labelled_mails() -> Iterator[Case]:
    """The fixtures. Those that Meta wrote or gets are wanted; what only friends write about it does not matter: it decides nothing.

    Nor do forwards in the text of a friend's mail under a subject of the friend's own: nothing in their headers shows what they are.
    """
    for path in paths():
        raw = path.read_bytes()
        message = read(raw)
        hidden = message.frame is Frame.FORWARD and not PREFIX.match(message.subject)
        concerns = path.parent.name != Outcome.UNRELATED and (message.from_meta or message.to_meta) and not hidden
        yield Case(f"{path.parent.name}/{path.name}", raw, True if concerns else None)


def fetched(mailbox: ImapMailbox) -> set[str]:
    """The hashes of the mails in INBOX that were worth fetching."""
    with contextlib.closing(mailbox):
        return {arrival.sha256 for batch in mailbox.fetch_after("INBOX", None) for arrival in batch.arrivals if arrival.sha256}


@dataclass(frozen=True, slots=True)
class Measured:
    """What was fetched of a corpus: names of wanted mails that were missed, of ordinary ones that were fetched, and counts."""

    wanted: int
    missed: list[str]
    ordinary: int
    intruders: list[str]
    others: int
    others_fetched: int

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.wanted

    @property
    def specificity(self) -> float:
        return 1 - len(self.intruders) / self.ordinary


def measure(cases: list[Case], deliver: Callable[[bytes], None], connect: Callable[[], ImapMailbox]) -> Measured:
    """Put all mails into one mailbox, read it as the worker does, and compare."""
    for case in cases:
        deliver(case.raw)
    seen = fetched(connect())
    found = {case.name: identity(case.raw)[0] in seen for case in cases}
    others = [case for case in cases if case.wanted is None]
    return Measured(
        wanted=sum(case.wanted is True for case in cases),
        missed=[case.name for case in cases if case.wanted and not found[case.name]],
        ordinary=sum(case.wanted is False for case in cases),
        intruders=[case.name for case in cases if case.wanted is False and found[case.name]],
        others=len(others),
        others_fetched=sum(found[case.name] for case in others),
    )
