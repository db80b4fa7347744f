"""How states, outcomes and proofs are called and drawn: a word, an icon and a tone for each, so that none is told by colour alone."""

from dataclasses import dataclass

from api.language import N_, _
from ledger.mailboxes import Health
from ledger.outcome import Outcome, Product, Track
from ledger.probe import MEANINGS as FINDINGS
from ledger.probe import Standing
from ledger.status import State
from ledger.trust import Trust

__all__ = [
    "FINDINGS",
    "HEALTHS",
    "IMPORTED",
    "MEANINGS",
    "OUTCOMES",
    "OVERDUE",
    "PRODUCTS",
    "READING",
    "STANDINGS",
    "STATES",
    "TRACKS",
    "TRUSTS",
    "Mark",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """`text` is a word of the catalogues, `icon` a symbol of static/icons.svg, `tone` a class of the stylesheet."""

    text: str
    icon: str
    tone: str

    @property
    def word(self) -> str:
        """The word in the language of the request."""
        return _(self.text)


STATES = {
    State.NONE: Mark(N_("Nothing yet"), "dash", "quiet"),
    State.NOTIFIED: Mark(N_("Not objected"), "info", "told"),
    State.LINK_BROKEN: Mark(N_("Form broken"), "warning", "broken"),
    State.VERIFYING: Mark(N_("Code sent"), "key", "told"),
    State.PENDING: Mark(N_("Waiting"), "hourglass", "waiting"),
    State.NEEDS_INFORMATION: Mark(N_("Meta asks"), "question", "waiting"),
    State.CONFIRMED: Mark(N_("Confirmed"), "check", "good"),
    State.REJECTED: Mark(N_("Refused"), "cross", "bad"),
    State.CONTRADICTED: Mark(N_("Contradicted"), "torn", "torn"),
}
OVERDUE = Mark(N_("Overdue"), "clock", "broken")
OUTCOMES: dict[str, Mark] = {
    Outcome.NOTICE: Mark(N_("Notice"), "info", "told"),
    Outcome.VERIFICATION: Mark(N_("Code"), "key", "told"),
    Outcome.RECEIPT: Mark(N_("Received"), "hourglass", "waiting"),
    Outcome.INFORMATION_REQUEST: Mark(N_("Question"), "question", "waiting"),
    Outcome.CONFIRMATION: Mark(N_("Confirmation"), "check", "good"),
    Outcome.REJECTION: Mark(N_("Refusal"), "cross", "bad"),
    Outcome.BROKEN_LINK: Mark(N_("Broken form"), "warning", "broken"),
    Outcome.UNRELATED: Mark(N_("Something else"), "dash", "quiet"),
    "filed": Mark(N_("Filed"), "sent", "told"),
    "form_works": Mark(N_("Form works"), "check", "told"),
}
MEANINGS = {
    Outcome.NOTICE: N_("Meta will use your information; you may object"),
    Outcome.VERIFICATION: N_("Here is the code or link that completes the form"),
    Outcome.RECEIPT: N_("We have your request; no decision yet"),
    Outcome.INFORMATION_REQUEST: N_("Send us more before we decide"),
    Outcome.CONFIRMATION: N_("We honour your objection"),
    Outcome.REJECTION: N_("We refuse, or cannot take further action"),
    Outcome.BROKEN_LINK: N_("The link or form does not work"),
    Outcome.UNRELATED: N_("It is about something else"),
}
PRODUCTS = {
    Product.FACEBOOK: N_("Facebook"),
    Product.INSTAGRAM: N_("Instagram"),
    Product.WHATSAPP: N_("WhatsApp"),
    Product.THREADS: N_("Threads"),
    Product.META: N_("All of Meta"),
}
TRACKS = {Track.OWN_DATA: N_("your own information"), Track.THIRD_PARTY: N_("information from others")}
TRUSTS = {
    Trust.PROVEN: Mark(N_("Proved"), "shield", "good"),
    Trust.UNPROVEN: Mark(N_("Not proved"), "warning", "waiting"),
    Trust.FORGED: Mark(N_("Forged"), "cross", "bad"),
    Trust.UNKNOWN: Mark(N_("Sender not checked yet"), "hourglass", "waiting"),
}
IMPORTED = Mark(N_("Imported"), "folder", "told")
READING = Mark(N_("First look"), "hourglass", "waiting")
STANDINGS = {
    Standing.WORKS: Mark(N_("Form works"), "check", "good"),
    Standing.BROKEN: Mark(N_("Form broken"), "warning", "broken"),
    Standing.UNCLEAR: Mark(N_("Unclear"), "question", "quiet"),
}
HEALTHS = {
    Health.CONNECTED: Mark(N_("Connected"), "check", "good"),
    Health.CONNECT_ERROR: Mark(N_("Server away"), "warning", "broken"),
    Health.AUTHENTICATION_ERROR: Mark(N_("Password refused"), "key", "bad"),
    Health.DISABLED: Mark(N_("Switched off"), "dash", "quiet"),
}
