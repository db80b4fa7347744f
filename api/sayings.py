"""What the other programs say in one line for the terminal, said for people, in their language; what is not known here stays as it is."""

import re

from api.language import N_, _

Sayings = tuple[tuple[str, str], ...]
SENDERS: Sayings = (
    (r"DKIM d=(?P<domain>\S+)", N_("signed by {domain}")),
    (r"signed by (?P<domain>\S+), not by Meta", N_("signed by {domain}, not by Meta")),
    (r"signed by (?P<domain>\S+), not aligned with the sender's domain", N_("signed by {domain}, which is not the sender’s domain")),
    (r"(?P<domain>\S+|the sender) is not a domain of Meta's", N_("{domain} is not a domain of Meta’s")),
    (r"no DKIM signature", N_("it carries no signature")),
    (r"the key of (?P<domain>\S+) could not be looked up", N_("the key of {domain} could not be looked up; it is tried again")),
    (r"no key \S+ at (?P<domain>\S+): it may have been replaced", N_("{domain} has no such key any more; it may have been replaced")),
    (r"the signature of (?P<domain>\S+) does not fit: .*", N_("{domain}’s signature does not fit: the mail was altered or is not Meta’s")),
    (r"passed on inside another mail, .*", N_("passed on inside another mail, whose sender could change it")),
    (r"(?P<domain>\S+) vouches: .*", N_("{domain}, the provider, vouches for the sender")),
)
"""What `ingest.authenticate` says of a sender."""
BINDINGS: Sayings = (
    (r"strangers write into (?P<family>.+)", N_("strangers write into this kind of mail ({family}), so it decides nothing")),
)
"""What `ingest.binding` says of whose a mail is."""
PROBLEMS: Sayings = (
    (
        r"(?P<where>\S+) refused the log-in: .*",
        N_("{where} refused the log-in. Check the log-in name and the password; many providers want an app password."),
    ),
    (
        r"(?P<where>\S+) takes no log-in at the moment.*",
        N_("{where} takes no log-in at the moment. Nothing is wrong with what you entered; try again later."),
    ),
    (
        r"(?P<where>\S+) (?:was not found|is not known|cannot be found|has no address).*",
        N_("There is no server {where}. Check its name under “Server and log-in name”."),
    ),
    (
        r"(?P<where>\S+) [^:]+: check --host, --port and the network",
        N_("{where} does not answer. Check the server’s name and port under “Server and log-in name”."),
    ),
    (
        r"the certificate of (?P<where>\S+) does not hold .*",
        N_("The certificate of {where} does not hold, so nothing was sent. Is the server’s name right?"),
    ),
    (
        r"(?P<where>\S+) does not speak TLS on this port: .*",
        N_("{where} does not speak TLS on this port. Choose STARTTLS, or the TLS port (mostly 993)."),
    ),
    (r"(?P<where>\S+) does not offer STARTTLS: .*", N_("{where} does not offer STARTTLS. Choose TLS; nothing was sent in plain text.")),
    (r"the TLS connection to (?P<where>\S+) broke", N_("The connection to {where} broke. Try again.")),
    (
        r"the mail server of (?P<where>\S+) is not known: .*",
        N_("The mail server of {where} is not known. Enter it under “Server and log-in name”; your provider’s help names it."),
    ),
    (
        r"(?P<where>\S+) is not on the public internet: .*",
        N_("{where} is not on the public internet. Only Demur’s operator can allow that."),
    ),
    (r"ADDRESS is a mail address, .*", N_("This is not a mail address. One looks like anna@example.org.")),
    (r"--security loopback .*", N_("Plain text is for a mail server on this very machine, and Demur’s operator must allow it.")),
    (r".*(?:no mails there).*", N_("There are no mails in this file. Demur reads .eml, .mbox, and .zip files of .eml.")),
)
"""What `ingest.imap`, `demur.connecting` and `ingest.importing` say when something must be changed."""


def said(text: str | None, sayings: Sayings) -> str:
    """One line in words for people."""
    for pattern, words in sayings:
        if found := re.fullmatch(pattern, text or ""):
            return _(words).format(**found.groupdict())
    return _(text) if text else ""
