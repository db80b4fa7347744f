"""Encryption at rest: every secret is sealed with a Fernet key and bound to what it is for."""

import base64
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import OperatorError


class Vault:
    """Seals and opens bytes. `purpose` is written inside: a sealed value moved to another row does not open there."""

    def __init__(self, keys: list[str]) -> None:
        """`keys`: url-safe base64 Fernet keys, the newest first; old ones only open.

        Raises OperatorError for a malformed key.
        """
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
            self._newest = base64.urlsafe_b64decode(keys[0])
        except ValueError:
            raise OperatorError("DEMUR_SECRET_KEY is not a Fernet key: make one with `demur doctor --new-key`") from None

    def derived(self, purpose: str) -> bytes:
        """32 bytes that follow from the newest key and from `purpose` alone (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self._newest)

    def seal(self, purpose: str, secret: bytes) -> bytes:
        """Encrypt `secret` for `purpose`."""
        return self._fernet.encrypt(purpose.encode() + b"\0" + secret)

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for `purpose`. Raises OperatorError when the key or the purpose is another."""
        try:
            kept, _, secret = self._fernet.decrypt(sealed).partition(b"\0")
        except InvalidToken:
            raise OperatorError(
                "the stored secrets do not open with this key: restore DEMUR_SECRET_KEY or the data folder's secret.key"
            ) from None
        if kept != purpose.encode():
            raise OperatorError("a stored secret belongs to another row: the database was altered")
        return secret


def _make_key(path: Path) -> None:
    """Write a new key in one step: who starts at the same moment finds the whole key or makes the one that both use."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, made = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(Fernet.generate_key().decode() + "\n")
    with suppress(FileExistsError):
        os.link(made, path)
    os.unlink(made)


def key_file(path: Path) -> str:
    """Read the key file, or make one that only its owner may read. Raises OperatorError when others can read it."""
    if not path.exists():
        _make_key(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise OperatorError(f"{path} can be read by others: run `chmod 600 {path}`")
    return path.read_text().strip()
