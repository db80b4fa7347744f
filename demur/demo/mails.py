"""The mails of the demo: synthetic, in our own words, dated relative to today so that every state can be seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

ADDRESS = "demo@example.org"
FACEBOOK_FORM = "https://www.facebook.com/help/contact/712876720715583"
INSTAGRAM_FORM = "https://help.instagram.com/contact/767264225370182"
WHATSAPP_FORM = "https://www.whatsapp.com/contact/forms/382532939919295"


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One mail: how many days ago it came, from whom, into which folder. `signed`: with a DKIM key of the sender's domain."""

    days_ago: float
    sender: str
    subject: str
    html: str
    folder: str = "INBOX"
    signed: bool = True

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2].rstrip(">")

    def raw(self, now: datetime) -> bytes:
        """The mail as bytes."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self.sender, ADDRESS, self.subject
        message["Date"] = format_datetime(self.arrived(now))
        message["Message-ID"] = f"<{abs(hash((self.subject, self.days_ago))):x}@demo.example>"
        message.set_content(
            f"<!DOCTYPE html><html><body><table><tr><td>{self.html}</td></tr></table></body></html>", subtype="html", cte="quoted-printable"
        )
        return message.as_bytes()

    def arrived(self, now: datetime) -> datetime:
        """When it came."""
        return now - timedelta(days=self.days_ago)


FACEBOOK = "Facebook <notification@facebookmail.com>"
INSTAGRAM = "Instagram <no-reply@mail.instagram.com>"
WHATSAPP = "WhatsApp <privacy@support.whatsapp.com>"

MAILS = (
    DemoMail(
        210,
        FACEBOOK,
        "How we will use your information for AI at Meta",
        f'<p>Hello,</p><p>We are making AI at Meta better with public posts and comments of people over 18. Our legal basis is legitimate interest.</p><p>You have the right to <a href="{FACEBOOK_FORM}">object</a>. If your objection is honoured, it will apply from then on.</p>',
    ),
    DemoMail(
        209,
        FACEBOOK,
        "We have received your objection",
        "<p>Thank you for writing to us. We have received your objection to the use of your information for AI at Meta on Facebook and will review it. You will hear from us.</p>",
    ),
    DemoMail(
        208.5,
        FACEBOOK,
        "About your request",
        "<p>We have reviewed your request and will honour your objection. We will no longer use your public information on Facebook to develop and improve AI at Meta. This also applies to the other accounts in your Accounts Centre.</p><p>We may still process information about you that other people share.</p>",
    ),
    DemoMail(
        60,
        INSTAGRAM,
        "Learn how Instagram will use your information for AI",
        f'<p>We are going to use your public posts on Instagram to train AI at Meta. You may <a href="{INSTAGRAM_FORM}">object to this</a> at any time. If you object, we will send you an email that confirms it.</p>',
    ),
    DemoMail(
        45,
        INSTAGRAM,
        "Your Instagram objection has arrived",
        "<p>Hi, your objection to the use of your information for AI on Instagram has reached us. Our team is reviewing it and will let you know the outcome by email.</p>",
    ),
    DemoMail(
        40,
        FACEBOOK,
        "About your objection",
        "<p>Hello, regarding your objection to AI at Meta: on Facebook we will honour your objection. On Instagram we are unable to honour your objection.</p>",
    ),
    DemoMail(
        30,
        WHATSAPP,
        "WhatsApp and AI: your choices",
        f'<p>Soon we will use interactions with AI features on WhatsApp to improve AI at Meta. You have the right to object with <a href="{WHATSAPP_FORM}">this form</a>.</p>',
    ),
    DemoMail(
        21,
        WHATSAPP,
        "Your request, case 4711",
        "<p>Hello, thank you for contacting WhatsApp about the use of your information for AI. We looked into your objection carefully. We are unable to honour your objection and cannot take further action on this request.</p><p>Kind regards</p>",
    ),
    DemoMail(
        4,
        "Meta Privacy Team <decision@meta-privacy-office.example>",
        "Your AI objection was rejected",
        '<p>Your objection to AI at Meta has been rejected. <a href="https://meta-privacy-office.example/login">Log in within 24 hours</a> to appeal.</p>',
        folder="Junk",
        signed=False,
    ),
    DemoMail(3, "Bakery <orders@bakery.example>", "Your order is ready", "<p>Your bread waits for you.</p>", signed=False),
    DemoMail(
        2,
        FACEBOOK,
        "Anna commented on your post",
        "<p>Anna commented: «We will honour your objection» — haha, as if!</p>",
    ),
)

LATER = DemoMail(
    0,
    "Threads <notification@facebookmail.com>",
    "Threads: your objection about AI",
    "<p>Hello, one more thing before we can decide about your Threads objection to the use of your information for AI: please send us a screenshot and the prompts that produced your personal information. Without this evidence we cannot process your request.</p>",
)
"""Arrives while the demo runs, so that the page changes by itself."""
