"""The eight things that one mail can say."""

from enum import StrEnum


class Outcome(StrEnum):
    """What one message says about an objection."""

    NOTICE = "notice"
    VERIFICATION = "verification"
    RECEIPT = "receipt"
    INFORMATION_REQUEST = "information_request"
    CONFIRMATION = "confirmation"
    REJECTION = "rejection"
    BROKEN_LINK = "broken_link"
    UNRELATED = "unrelated"


DECISIVE = frozenset({Outcome.CONFIRMATION, Outcome.REJECTION})


class Product(StrEnum):
    """Which of Meta's products an objection is about; `meta` stands for all of them (Accounts Centre)."""

    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    WHATSAPP = "whatsapp"
    THREADS = "threads"
    META = "meta"


class Track(StrEnum):
    """Which right is used: the objection (GDPR Art. 21) or the form for information from third parties."""

    OWN_DATA = "own_data"
    THIRD_PARTY = "third_party"
