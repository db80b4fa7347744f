"""The log-in, by what the server offers: a password by LOGIN or PLAIN, an access token by OAUTHBEARER (RFC 7628) or XOAUTH2."""

import re

from imapclient import IMAPClient

from ledger.errors import OperatorError

ATOM = re.compile(r"[A-Za-z0-9!#$&'+,./:;<=>?@^_`|}~-]+")
"""RFC 9051 §9: what needs no quotes."""


def log_in_with_password(client: IMAPClient, login: str, password: str) -> None:
    """QUIRK: imaplib's LOGIN takes ASCII only, AUTHENTICATE PLAIN (RFC 4616) takes UTF-8; LOGIN quotes the password, not the name."""
    if login.isascii() and password.isascii():
        client.login(login if ATOM.fullmatch(login) else client._imap._quote(login), password)
    else:
        answer = f"\0{login}\0{password}".encode()  # before anything is sent: half a log-in would swallow the next command
        client.sasl_login("PLAIN", lambda challenge: answer)


def log_in_with_token(client: IMAPClient, host: str, port: int, login: str, token: str) -> None:
    """Log in with an access token. A refusal comes as a challenge that must be answered before the server says NO.

    Raises OperatorError where the server takes no tokens.
    """
    if client.has_capability("AUTH=OAUTHBEARER"):
        name = login.replace("=", "=3D").replace(",", "=2C")
        first, rest = f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01", "\x01"
        mechanism = "OAUTHBEARER"
    elif client.has_capability("AUTH=XOAUTH2"):
        first, rest, mechanism = f"user={login}\x01auth=Bearer {token}\x01\x01", "", "XOAUTH2"
    else:
        raise OperatorError(f"{host}:{port} takes no access tokens (neither OAUTHBEARER nor XOAUTH2): connect with a password")
    answers = iter((first,))
    client.sasl_login(mechanism, lambda challenge: next(answers, rest).encode())
