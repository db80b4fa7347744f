"""Forged mails in classes: decisive texts in every language of the fixtures, in envelopes of every trick that is known to us.

Each class gives raw mails that reach Anna and must move nothing. `CLASSES` names them; the docstring of a class says what it plays.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from itertools import cycle

import dkim

from demur.demo.signing import SIGNED, SigningKey
from ingest.authenticate import ONCE
from tests.forgeries.letters import ANNA, BEN, DOMAIN, META, Letter
from tests.forgeries.seal import sealed

EVIL = "evil.example"
LOOK_ALIKES = ("faceb00kmail.com", "facebookmail.com.evil.example", "meta-privacy.example", "facebook-mail.example", "rnetamail.example")
VOUCHED = "mx.example.org; dkim=pass header.d=facebookmail.com; dmarc=pass header.from=facebookmail.com"
OWN_VERDICT = b"Authentication-Results: mx.example.org; dkim=none; dmarc=fail header.from=facebookmail.com\r\n"
LAST_HOP = b"Received: from mail.evil.example by mx.example.org; Thu, 01 May 2025 11:00:00 +0200\r\n"


@dataclass(frozen=True, slots=True)
class Forger:
    """What a forger has: a good key of domains of their own, weak keys, and decisive texts. `meta` signs what they got from Meta."""

    letters: list[Letter]
    harmless: list[Letter]
    meta: SigningKey
    short: SigningKey

    def under(self, selector: str) -> SigningKey:
        """Meta's key under another selector, whose record says something else."""
        return SigningKey(selector, self.meta.private_pem, self.meta.record)


Class = Callable[[Forger], Iterator[bytes]]


def bare_claims(forger: Forger) -> Iterator[bytes]:
    """Mails that only say they are Meta's."""
    senders = cycle((META, "Facebook <support@support.facebook.com>", "no-reply@mail.instagram.com", "WhatsApp <a@support.whatsapp.com>"))
    for letter in forger.letters:
        yield letter.raw(next(senders))


FROM_TRICKS = (
    '"Meta <support@facebookmail.com>" <mail@evil.example>',
    "Meta <support@facebookmail.com>, <mail@evil.example>",
    "<mail@evil.example>, Meta <support@facebookmail.com>",
    "<support@facebookmail.com> <mail@evil.example>",
    "mail@evil.example (support@facebookmail.com)",
    "support@facebookmail.com (mail@evil.example)",
    "Meta: support@facebookmail.com, mail@evil.example;",
    "Meta: support@facebookmail.com;",
    "=?utf-8?q?Meta_=3Csupport=40facebookmail=2Ecom=3E?= <mail@evil.example>",
    "=?utf-8?b?c3VwcG9ydEBmYWNlYm9va21haWwuY29t?=",
    "support@facebookmail.com@evil.example",
    '"support@facebookmail.com"@evil.example',
    "@facebookmail.com:mail@evil.example",
    "<@facebookmail.com,@evil.example:mail@evil.example>",
    '"Facebook" <>',
    "Facebook",
    "support@facebookmail.com\\0@evil.example",
    "support@facebookmail.com%00.evil.example",
)


def from_tricks(forger: Forger) -> Iterator[bytes]:
    """Names, comments, groups, routes and encoded words in From, with a valid signature of the forger's own domain."""
    for letter, trick in zip(forger.letters * 2, cycle(FROM_TRICKS)):
        yield sealed(letter.raw(trick), forger.meta, EVIL, SIGNED)


def two_senders(forger: Forger) -> Iterator[bytes]:
    """Two From headers, a blank before the colon, a From behind a bare CR or a NUL, a From in upper case beside another."""
    evil = b"From: mail@evil.example\r\n"
    for number, letter in enumerate(forger.letters):
        raw = letter.raw()
        yield (
            sealed(evil + raw, forger.meta, EVIL, SIGNED),
            sealed(raw.replace(b"\r\nSubject", b"\r\n" + evil + b"Subject", 1), forger.meta, EVIL, SIGNED),
            sealed(raw.replace(b"From: ", b"From : ", 1), forger.meta, DOMAIN, SIGNED),
            sealed(letter.raw("mail@evil.example", extra=b"X-A: b\rFrom: " + META.encode() + b"\r\n"), forger.meta, EVIL, SIGNED),
            sealed(evil.upper() + raw, forger.meta, DOMAIN, SIGNED),
            sealed(letter.raw("mail@evil.example", extra=b"Sender: " + META.encode() + b"\r\n"), forger.meta, EVIL, SIGNED),
        )[number % 6]


def homoglyph_domains(forger: Forger) -> Iterator[bytes]:
    """Domains that look like Meta's, well signed by their owner; the same with letters of other alphabets."""
    shown = cycle(("support@f\u0430cebookmail.com", "support@xn--fcebookmail-4oi.com", "support@facebookma\u0131l.com"))
    for letter, domain in zip(forger.letters, cycle(LOOK_ALIKES)):
        yield sealed(letter.raw(f"Meta <support@{domain}>"), forger.meta, domain, SIGNED)
        yield sealed(letter.raw(f"Meta <{next(shown)}>"), forger.meta, EVIL, SIGNED)


def zero_width_senders(forger: Forger) -> Iterator[bytes]:
    """Characters without width in Meta's domain or name, and in the text, so that it reads like Meta's and compares like nobody's."""
    marks = cycle(("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad"))
    for letter in forger.letters:
        mark = next(marks)
        raw = letter.raw(f"M{mark}eta <support@face{mark}bookmail.com>").replace(b"e ", f"e{mark} ".encode())
        yield sealed(raw, forger.meta, EVIL, SIGNED)


def planted_results(forger: Forger) -> Iterator[bytes]:
    """Authentication-Results of the forger's own in every position of a mail, for a mailbox whose provider is not pinned."""
    line = f"Authentication-Results: {VOUCHED}\r\n".encode()
    for number, letter in enumerate(forger.letters):
        yield _planted(letter, line, number)


def planted_results_below_the_pinned_ones(forger: Forger) -> Iterator[bytes]:
    """The same where the provider is pinned and put its own verdict on top, as RFC 8601 §5 says that it must."""
    lines = (
        VOUCHED,
        VOUCHED.upper(),
        VOUCHED.replace(";", " 1;", 1),
        f"{VOUCHED}; dmarc=pass header.from=facebookmail.com",
        VOUCHED.replace("mx.example.org; ", ""),
        f"(x) {VOUCHED}",
    )
    for number, letter in enumerate(forger.letters):
        yield OWN_VERDICT + _planted(letter, f"Authentication-Results: {lines[number % len(lines)]}\r\n".encode(), number)


def _planted(letter: Letter, line: bytes, number: int) -> bytes:
    raw = letter.raw()
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")
    return (
        line + LAST_HOP + raw,
        LAST_HOP + line + raw,
        fields[0] + b"\r\n" + line + b"\r\n".join(fields[1:]) + b"\r\n\r\n" + body,
        head + b"\r\n" + line.rstrip() + b"\r\n\r\n" + body,
        line + line + raw,
        LAST_HOP + b"ARC-" + line.replace(b": ", b": i=1; ", 1) + line + raw,
        LAST_HOP + b"X-Original-" + line + line.replace(b"; ", b";\r\n\t") + raw,
    )[number % 7]


def partly_signed_text(forger: Forger) -> Iterator[bytes]:
    """Mails signed with l=: the signature fits, the decisive text stands behind what it covers."""
    for letter, harmless in zip(forger.letters, cycle(forger.harmless)):
        start = harmless.raw()
        signature = dkim.sign(
            start, forger.meta.selector.encode(), DOMAIN.encode(), forger.meta.private_pem, include_headers=SIGNED, length=True
        )
        yield signature + start + b"\r\n" + letter.body


def doubled_headers(forger: Forger) -> Iterator[bytes]:
    """A second header of each kind that a mail has once, above and below the signed one, over genuine answers to Anna and to Ben."""
    values = {"From": META, "To": ANNA, "Date": "Mon, 05 May 2025 09:00:00 +0200", "MIME-Version": "1.0", "Content-Type": "text/plain"}
    for letter, name in zip(forger.letters * 2, cycle((*ONCE, "From"))):
        whole = b"" if b"ransfer-" in letter.content else b"Content-Transfer-Encoding: 8bit\r\n"
        raw = letter.signed(forger.meta, to=BEN if name == "To" else ANNA, extra=b"Message-ID: <1@facebookmail.com>\r\n" + whole)
        line = f"{name}: {values.get(name, 'x')}\r\n".encode()
        yield line + raw if letter.number % 2 else raw.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n", 1)


def other_domains(forger: Forger) -> Iterator[bytes]:
    """Good signatures of a domain that is not the sender's: a stranger's, a look-alike, another of Meta's organisations, a parent."""
    domains = cycle((EVIL, "facebookmail.com.evil.example", "support.whatsapp.com", "mail.instagram.com", "com", "meta.com"))
    for letter in forger.letters:
        yield forger.meta.sign(letter.raw(), next(domains))


def replayed_to_another_user(forger: Forger) -> Iterator[bytes]:
    """Ben's genuine answers in Anna's mailbox, with all that a sender can write to make them look delivered to her."""
    tops = cycle(
        (
            b"Delivered-To: anna@example.org\r\n",
            b"X-Original-To: anna@example.org\r\nReceived: from a by b for <anna@example.org>; Thu, 01 May 2025 11:00:00 +0200\r\n",
            b"Envelope-To: anna@example.org\r\n",
            b"Resent-To: anna@example.org\r\nResent-From: ben@example.org\r\n",
            b"Cc: anna@example.org\r\n",
            b"Apparently-To: anna@example.org\r\nX-Envelope-To: <anna@example.org>\r\n",
        )
    )
    for letter in forger.letters:
        yield next(tops) + letter.signed(forger.meta, to="Anna <ben@example.net>")


def sent_again_long_after(forger: Forger) -> Iterator[bytes]:
    """Anna's own genuine answers of last year, which somebody kept and delivers again: Received says today, what is signed says then."""
    tops = cycle((b"", b"Delivered-To: anna@example.org\r\n", b"Date-Received: Thu, 01 May 2025 09:00:00 +0000\r\n"))
    for letter in forger.letters:
        late = format_datetime(letter.sent + timedelta(days=15 + letter.number)).encode()
        yield (
            b"Received: from mail.evil.example by mx.example.org; "
            + late
            + b"\r\n"
            + next(tops)
            + sealed(letter.raw(), forger.meta, DOMAIN, SIGNED)
        )


def mails_inside_mails(forger: Forger) -> Iterator[bytes]:
    """Forged or foreign originals, attached to somebody's mail as message/rfc822: unsigned, signed by a stranger, addressed to Ben."""
    for number, letter in enumerate(forger.letters):
        inner = (
            letter.raw(),
            sealed(letter.raw(), forger.meta, EVIL, SIGNED),
            letter.signed(forger.meta, to="ben@example.net"),
            b"Delivered-To: anna@example.org\r\n" + letter.signed(forger.meta, to="ben@example.net"),
        )[number % 4]
        note = b"--x\r\nContent-Type: text/plain\r\n\r\nSee the attached mail.\r\n"
        kind = b'message/rfc822; name="meta.eml"' if number % 3 else b"message/rfc822"
        body = note + b"--x\r\nContent-Type: " + kind + b"\r\n\r\n" + inner + b"\r\n--x--\r\n"
        outer = Letter(
            letter.name, letter.outcome, b"Fwd: your objection", b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n", body
        )
        sender = META if number % 5 == 0 else "Clive <clive@example.com>"
        yield outer.raw(sender)


FRAMES = (
    ("Meta <notification@facebookmail.com>", b"You are invited to join the business portfolio of a partner"),
    ("Meta for Business <noreply@business.fb.com>", b"Partner request"),
    ("Instagram <business-noreply@mail.instagram.com>", b"Partnership request"),
    ("Facebook <notification@mediapartnerships.fb.com>", b"A message for you"),
    ("Facebook <groupupdates@facebookmail.com>", b"New posts in your group"),
    ("Facebook <pageupdates@facebookmail.com>", b"Your objection was accepted (a page)"),
    ("Facebook <reminders@facebookmail.com>", b"Event tomorrow: we honour your objection"),
    ("Facebook <noreply@groups.facebook.com>", b"Re: a post"),
    ("Facebook <notification@facebookmail.com>", b"Kim commented on your photo"),
    ("Facebook <notification@facebookmail.com>", b"Kim mentioned you in a comment"),
    ("Facebook <friendupdates@facebookmail.com>", b"News of Kim"),
    ("Facebook <messages@facebookmail.com>", b"Kim sent you a message"),
    ("Facebook <notification@priority.facebookmail.com>", b"A notification for you"),
    ("Facebook <noreply@marketplace.facebook.com>", b"A buyer wrote to you"),
    ("Meta <advertise-noreply@support.facebook.com>", b"Your ad account: case closed"),
    ("Meta <advertise-noreply@global.metamail.com>", b"About your ad"),
)


def strangers_words_in_genuine_mail(forger: Forger) -> Iterator[bytes]:
    """Decisive texts where strangers write in Meta's own, well signed mails: invitations, comments, messages, offers, ads support."""
    for letter, (sender, subject) in zip(forger.letters * 2, cycle(FRAMES)):
        yield letter.signed(forger.meta, sender, subject=subject)


def hidden_words_in_genuine_mail(forger: Forger) -> Iterator[bytes]:
    """Genuine mail about something else, with the decisive text where no reader sees it or only as a quotation."""
    styles = cycle((b"display:none", b"font-size:0", b"visibility:hidden", b"max-height:0;overflow:hidden", b"opacity:0"))
    html = b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    for letter in forger.letters:
        words = _as_text(letter)
        hidden = b'<p>Your log-in alert for Facebook: a new device.</p><div style="%s">%s</div>\r\n' % (next(styles), words)
        carrier = Letter(letter.name, letter.outcome, b"New log-in", html, hidden, letter.number)
        yield carrier.signed(forger.meta)


def _as_text(letter: Letter) -> bytes:
    from ingest.parse import parse

    return parse(letter.raw()).text.encode().replace(b"<", b"&lt;").replace(b"\n", b"<br>\r\n")


def keys_for_tests(forger: Forger) -> Iterator[bytes]:
    """Signatures under a key that its domain marks as a test (t=y)."""
    for letter in forger.letters:
        yield letter.signed(forger.under("testing"))


def short_keys(forger: Forger) -> Iterator[bytes]:
    """Signatures under a key of 512 bits, which anybody can factor."""
    for letter in forger.letters:
        yield letter.signed(forger.short)


def headers_left_unsigned(forger: Forger) -> Iterator[bytes]:
    """Signatures that leave out From, Subject, To, Date or Content-Type, which the forger then writes."""
    for letter, out in zip(forger.letters, cycle((b"From", b"Subject", b"To", b"Date", b"Content-Type"))):
        yield sealed(letter.raw(), forger.meta, DOMAIN, [name for name in SIGNED if name != out])


def altered_after_signing(forger: Forger) -> Iterator[bytes]:
    """Genuine mails with another text, recipient, subject or date than the signed one."""
    for letter, harmless in zip(forger.letters, cycle(forger.harmless)):
        yield _altered(forger, letter, harmless)


def _altered(forger: Forger, letter: Letter, harmless: Letter) -> bytes:
    match letter.number % 4:
        case 0:
            return sealed(letter.raw(), forger.meta, DOMAIN, SIGNED, body=harmless.body)
        case 1:
            return letter.signed(forger.meta, to="ben@example.net").replace(b"To: ben@example.net", b"To: anna@example.org")
        case 2:
            return harmless.signed(forger.meta).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + letter.body
        case _:
            return letter.signed(forger.meta).replace(b"Subject: ", b"Subject: Re: ").replace(b"2025 ", b"2024 ", 1)


def broken_signatures(forger: Forger) -> Iterator[bytes]:
    """Signatures that are no signatures: made up, under a withdrawn or a missing key, expired, by SHA-1, in the sixth place."""
    for letter in forger.letters:
        yield _broken(forger, letter)


def _broken(forger: Forger, letter: Letter) -> bytes:
    raw = letter.raw()
    match letter.number % 7:
        case 0:
            made_up = base64.b64encode(b"\x01" * 256).decode()
            tags = f"v=1; a=rsa-sha256; c=relaxed/simple; d={DOMAIN}; s=rig; h=Date:To:Subject:From:MIME-Version:Content-Type"
            return f"DKIM-Signature: {tags}; bh={made_up[:44]}; b={made_up}\r\n".encode() + raw
        case 1:
            return letter.signed(forger.under("withdrawn"))
        case 2:
            return letter.signed(forger.under("missing"))
        case 3:
            return sealed(raw, forger.meta, DOMAIN, SIGNED, tags=b"t=1000000000; x=1000003600; ")
        case 4:
            sha1 = {"include_headers": SIGNED, "signature_algorithm": b"rsa-sha1"}
            return bytes(dkim.sign(raw, forger.meta.selector.encode(), DOMAIN.encode(), forger.meta.private_pem, **sha1)) + raw
        case 5:
            return b"DKIM-Signature: v=1; a=rsa-sha256; d=evil.example\r\n" * 5 + letter.signed(forger.meta)
        case _:
            return letter.signed(forger.meta).replace(b"DKIM-Signature: v=1;", b"DKIM-Signature: v=1; l=1;", 1)


def passed_on_inline(forger: Forger) -> Iterator[bytes]:
    """Decisive words as a forward or a quotation in somebody's mail, as `Meta` or not, signed by whoever sends it."""
    date = "On Thu, 1 May 2025"
    plain = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    for number, letter in enumerate(forger.letters):
        words = _as_text(letter).replace(b"<br>", b"")
        sent = format_datetime(letter.sent)
        forward = (
            f"\r\n---------- Forwarded message ---------\r\nFrom: {META}\r\nDate: {sent}\r\nSubject: x\r\nTo: <{ANNA}>\r\n\r\n".encode()
        )
        quote = f"Thanks!\r\n\r\n{date}, {META} wrote:\r\n".encode() + b"".join(b"> " + line + b"\r\n" for line in words.split(b"\r\n"))
        body = forward + words if number % 2 else quote
        carrier = Letter(letter.name, letter.outcome, b"Fwd: x" if number % 2 else b"Re: x", plain, body + b"\r\n", letter.number)
        if number % 3:
            yield sealed(carrier.raw("Clive <clive@evil.example>"), forger.meta, EVIL, SIGNED)
        else:
            yield carrier.raw("Clive <clive@example.com>")


CLASSES: dict[str, tuple[Class, int]] = {
    made.__name__: (made, least)
    for made, least in (
        (bare_claims, 50),
        (from_tricks, 100),
        (two_senders, 50),
        (homoglyph_domains, 100),
        (zero_width_senders, 50),
        (planted_results, 50),
        (planted_results_below_the_pinned_ones, 50),
        (partly_signed_text, 50),
        (doubled_headers, 100),
        (other_domains, 50),
        (replayed_to_another_user, 50),
        (sent_again_long_after, 50),
        (mails_inside_mails, 50),
        (strangers_words_in_genuine_mail, 100),
        (hidden_words_in_genuine_mail, 50),
        (keys_for_tests, 50),
        (short_keys, 50),
        (headers_left_unsigned, 50),
        (altered_after_signing, 50),
        (broken_signatures, 50),
        (passed_on_inline, 50),
    )
}
"""Every class with the least number of mails that it must give, so that an empty one fails."""
