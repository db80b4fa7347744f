"""Encryption at rest: every secret is sealed with a Fernet key, names that key, and is bound to what it is for."""

import base64
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import OperatorError

ID = 8
"""Hexadecimal digits by which a key is called; a sealed value begins with them and a colon. Older ones name no key."""


def key_id(key: str) -> str:
    """What a key is called: the beginning of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:ID]


def sealed_with(sealed: bytes) -> str:
    """The id of the key that a value is sealed with; empty where it names none."""
    return sealed[:ID].decode("ascii", "replace") if sealed[ID : ID + 1] == b":" else ""


class Vault:
    """Seals and opens bytes. `purpose` is written inside: a sealed value moved to another row does not open there."""

    def __init__(self, keys: Sequence[str], newer: Callable[[], Sequence[str] | None] = lambda: None) -> None:
        """`keys`: url-safe base64 Fernet keys, the newest first; old ones only open. `newer`: all keys, when they were changed meanwhile.

        Raises OperatorError for a malformed key.
        """
        self._newer = newer
        self._take(keys)

    def _take(self, keys: Sequence[str]) -> None:
        try:
            self._fernets = {key_id(key): Fernet(key) for key in keys}
            self._newest = base64.urlsafe_b64decode(keys[0])
        except (ValueError, IndexError):
            raise OperatorError("DEMUR_SECRET_KEY is not a Fernet key: make one with `demur doctor --new-key`") from None
        self.ids = tuple(self._fernets)

    def _renew(self) -> None:
        """Another process may have made a new key while this one runs."""
        if keys := self._newer():
            self._take(keys)

    def derived(self, purpose: str) -> bytes:
        """32 bytes that follow from the newest key and from `purpose` alone (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self._newest)

    def seal(self, purpose: str, secret: bytes) -> bytes:
        """Encrypt `secret` for `purpose`."""
        self._renew()
        newest = self.ids[0]
        return newest.encode() + b":" + self._fernets[newest].encrypt(purpose.encode() + b"\0" + secret)

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for `purpose`. Raises OperatorError when the key or the purpose is another."""
        try:
            kept, _, secret = self._opener(sealed).decrypt(sealed[ID + 1 :] if sealed_with(sealed) else sealed).partition(b"\0")
        except InvalidToken:
            raise OperatorError(
                "the stored secrets do not open with this key: restore DEMUR_SECRET_KEY or the data folder's secret.key"
            ) from None
        if kept != purpose.encode():
            raise OperatorError("a stored secret belongs to another row: the database was altered")
        return secret

    def _opener(self, sealed: bytes) -> Fernet | MultiFernet:
        """The key that a value names; all of them where it names none."""
        named = sealed_with(sealed)
        if named not in self._fernets:
            self._renew()
        if named and named not in self._fernets:
            raise OperatorError(
                f"a stored secret was sealed with key {named}, which is missing: "
                "put it back behind the newer one in DEMUR_SECRET_KEY or the data folder's secret.key"
            )
        return self._fernets[named] if named else MultiFernet(list(self._fernets.values()))


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
    """Read the newest key of the key file. See `KeyFile`."""
    return KeyFile(path).keys()[0]


class KeyFile:
    """The data folder's keys, one in a line, the newest first; a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[int, int] | None = None

    def keys(self) -> list[str]:
        """All keys; one is made where there is none. Raises OperatorError when others can read the file."""
        if not self.path.exists():
            _make_key(self.path)
        status = self.path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise OperatorError(f"{self.path} can be read by others: run `chmod 600 {self.path}`")
        self._read = (status.st_mtime_ns, status.st_ino)
        return self.path.read_text().split() or [""]

    def newer(self) -> list[str] | None:
        """All keys, when the file was changed since it was read; else None."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return self.keys() if (status.st_mtime_ns, status.st_ino) != self._read else None

    def write(self, keys: Sequence[str]) -> None:
        """Put these keys in the place of all others, in one step."""
        descriptor, made = tempfile.mkstemp(dir=self.path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, self.path)
