"""Mails for whole stories: what Meta would send, signed with the run's key, and the ordinary mail around it."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from demur.demo.signing import SigningKey

START = datetime(2025, 5, 1, 9, 0, tzinfo=UTC)
TEXTS = {
    "notice": (
        "How we will use your information for AI",
        "We will use your public posts to train AI at Meta. You have the right to object: https://www.facebook.com/help/contact/712876720715583\n\nIf your objection is honoured, it applies from then on.",
    ),
    "receipt": (
        "We received your objection",
        "Thank you. We have received your objection to the use of your information for AI at Meta. We will review it and let you know.",
    ),
    "confirmation": (
        "Your objection",
        "We have reviewed your request and will honour your objection. We will not use your information to develop and improve AI at Meta.",
    ),
    "rejection": (
        "Your request",
        "Thank you for your request about AI at Meta. We reviewed it carefully. We are unable to honour your objection and cannot take further action.",
    ),
    "information_request": (
        "More information needed",
        "Before we can decide about your objection to AI at Meta we need more information: please send us a screenshot and the prompts that you entered.",
    ),
}


def mail(subject: str, text: str, sender: str, to: str, sent: datetime) -> bytes:
    """A plain mail."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"], message["Date"] = sender, to, subject, format_datetime(sent)
    message["Message-ID"] = f"<{abs(hash((subject, to, sent))):x}@story.example>"
    message.set_content(text + "\n")
    return message.as_bytes()


def from_meta(key: SigningKey, outcome: str, to: str, day: float, domain: str = "facebookmail.com", product: str = "Facebook") -> bytes:
    """A mail of Meta's with a valid signature."""
    subject, text = TEXTS[outcome]
    raw = mail(f"{subject} ({product})", f"{text}\n\n{product}", f"{product} <notification@{domain}>", to, START + timedelta(days=day))
    return key.sign(raw, domain)


def ordinary(number: int, to: str) -> bytes:
    """A mail that has nothing to do with Meta."""
    return mail(
        f"Order {number} is on its way",
        f"Your parcel number {number} arrives tomorrow.",
        f"Shop {number % 7} <shop@shop{number % 7}.example>",
        to,
        START + timedelta(hours=number),
    )
