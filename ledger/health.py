"""What a person should do about a mailbox, in one sentence; nothing where all is well."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ledger.mailboxes import Health, MailboxRow

QUIET_FOR = timedelta(minutes=15)
"""A mailbox is looked at every few minutes, whatever its server says."""
PATIENCE = 5
"""Failures in a row that may pass by themselves."""


def advice(mailbox: MailboxRow, counts: Mapping[str, int], now: datetime) -> str | None:
    """What to do about a mailbox. `counts`: its mails by what became of them."""
    if mailbox.settings.kind != "imap" or mailbox.state is Health.DISABLED:
        return None
    if mailbox.state is Health.AUTHENTICATION_ERROR:
        return f"make a new app password at the provider, then `demur connect {mailbox.name}`"
    if mailbox.state is Health.CONNECT_ERROR:
        return _about_the_way(mailbox)
    if mailbox.checked_at is None or now - mailbox.checked_at > QUIET_FOR:
        return "nobody reads it at the moment: start `demur run`, or `demur sync` for one look"
    if put_aside := counts.get("quarantined", 0):
        mails = "1 mail" if put_aside == 1 else f"{put_aside} mails"
        return f"its server does not give out {mails}, asked for again every day: open the newest ones in a mail program"
    if stuck := counts.get("stuck", 0):
        return f"{stuck} of its mails brought out a mistake in Demur and wait: update Demur, then `demur sync`"
    return None


def _about_the_way(mailbox: MailboxRow) -> str:
    again = f"{mailbox.retry_at:%Y-%m-%d %H:%M} UTC" if mailbox.retry_at else "the next `demur sync`"
    if mailbox.failures < PATIENCE:
        return f"nothing yet: it is tried again at {again}"
    return f"it has failed {mailbox.failures} times: {mailbox.detail or 'check host, port and network'}; tried again at {again}"
