"""A received mail, parsed, and what was read out of it. Frozen: nothing changes a mail."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.outcome import Outcome, Product, Track


class Frame(StrEnum):
    """Whose words the deciding text is: the sender's own, or those of a mail that the sender passed on."""

    DIRECT = "direct"
    REPLY = "reply"
    FORWARD = "forward"
    ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link as it stood in the mail. `href` may hold personal tokens: it never leaves the process."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link without click trackers and personal tokens."""

    url: str
    text: str
    form: bool = False
    product: Product | None = None
    track: Track | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A status phrase found in the deciding text. `start` and `end` are character offsets in `Message.text`."""

    text: str
    outcome: Outcome
    deciding: bool
    conditional: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept found in the deciding text: character offsets, and the number of its clause and sentence."""

    concept: str
    start: int
    end: int
    clause: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Message:
    """One mail.

    `sha256` is of the raw bytes with line ends normalised to CRLF. `text` is what the classifier judges: the sender's own new words, or
    the forwarded original's where the sender only passed a mail on; `note` is what stands above that. `quoted` and `hidden` are kept
    apart and decide nothing. `about_meta`: Meta sent or got it, or it names or links Meta. `from_meta`: `author` is at one of Meta's
    domains, which proves nothing. `original` holds the raw bytes of an attached mail: its DKIM signature survives that way.
    """

    sha256: str
    size: int
    subject: str = ""
    note: str = ""
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    date: datetime | None = None
    received: datetime | None = None
    message_id: str | None = None
    frame: Frame = Frame.DIRECT
    original_sender: str = ""
    from_meta: bool = False
    to_meta: bool = False
    text: str = ""
    hidden: str = ""
    quoted: str = ""
    anchors: tuple[Anchor, ...] = ()
    original: bytes | None = None
    defects: tuple[str, ...] = ()
    # what `extract` reads out of the above
    language: str | None = None
    links: tuple[Link, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    hits: tuple[Hit, ...] = ()
    subject_hits: tuple[Hit, ...] = ()
    note_hits: tuple[Hit, ...] = ()
    product: Product = Product.META
    track: Track = Track.OWN_DATA
    has_code: bool = False
    announces_extension: bool = False
    names_accounts_centre: bool = False
    about_meta: bool = True

    @property
    def author(self) -> str:
        """The address whose words `text` is: the original's sender in a forward, else the sender."""
        return self.original_sender or self.sender
