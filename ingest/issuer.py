"""Identity providers as data: where each asks for consent and gives out tokens. Secrets go to HTTPS only, or to this machine."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ledger.errors import OperatorError

TABLE = Path(__file__).parent / "issuers.toml"


@dataclass(frozen=True, slots=True)
class Issuer:
    """One identity provider. `device`: where it has one, consent is given with a code on any other device (RFC 8628)."""

    name: str
    token: str
    scope: str
    authorize: str = ""
    device: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(issuer: Issuer, where: str) -> Issuer:
    for name in ("token", "authorize", "device"):
        parts = urlsplit(getattr(issuer, name))
        if getattr(issuer, name) and not (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))):
            raise OperatorError(f"{where}: {name} of {issuer.name} must be an https:// address")
    if not (issuer.token and issuer.scope and (issuer.authorize or issuer.device)):
        raise OperatorError(f"{where}: {issuer.name} needs token, scope, and authorize or device")
    return issuer


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} cannot be read ({type(error).__name__}): it is TOML with a table for each identity provider") from None


def issuer_called(name: str, own: Path) -> Issuer:
    """The identity provider of that name: the table's, or one of the operator's `own` file. Raises OperatorError."""
    known = _read(TABLE) | _read(own)
    if name not in known:
        raise OperatorError(f"--oauth {name} is not known: it is one of {', '.join(sorted(known))}, or describe it in {own}")
    try:
        return _checked(Issuer(**({"name": name, "token": "", "scope": ""} | known[name])), str(own))
    except TypeError:
        raise OperatorError(f"{own}: {name} has a line that is not known") from None
