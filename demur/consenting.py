"""Consent for `demur connect --oauth`: who asks (the operator's own client id), and which way the person is asked."""

import sys
from typing import TYPE_CHECKING

import typer

from demur.settings import Settings
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from ingest.grant import Grant
    from ingest.issuer import Issuer
    from ingest.token_endpoint import Client


def client_for(issuer: "Issuer", settings: Settings, client_id: str | None) -> "Client":
    """The identity with which this program asks. Raises OperatorError where the operator has not registered one."""
    from ingest.token_endpoint import Client

    secret = settings.oauth_google_client_secret.get_secret_value() if settings.oauth_google_client_secret else ""
    own = {"microsoft": (settings.oauth_microsoft_client_id, ""), "google": (settings.oauth_google_client_id, secret)}
    known, known_secret = own.get(issuer.name, (issuer.client_id, issuer.client_secret))
    if found := client_id or known:
        return Client(found, known_secret)
    setting = f"set DEMUR_OAUTH_{issuer.name.upper()}_CLIENT_ID" if issuer.name in own else "write client_id into oauth.toml"
    raise OperatorError(f"--oauth {issuer.name} needs the client id of an app that you registered: give --client-id or {setting}")


def _show(text: str) -> None:
    typer.echo(text, err=True)


def _pasted() -> str:
    _show("Then paste here the address that the browser ends at (its page stays empty):")
    return sys.stdin.readline()


def consented(issuer: "Issuer", client: "Client", login: str, paste: bool) -> "Grant":
    """Ask the person, and wait for what they say: with a code where the provider has that, else in a browser."""
    from ingest.consent import by_browser, by_device

    if issuer.device:
        return by_device(issuer, client, _show)
    return by_browser(issuer, client, login, _show, _pasted if paste else None)
