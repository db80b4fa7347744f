"""The signature under a bundle: Ed25519 (RFC 8032), with a key that follows from the installation's secret key."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from ledger.vault import Vault

PURPOSE = "demur evidence bundle 1"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what it is given. `public_key`: PEM. `fingerprint`: SHA-256 of the 32 raw bytes of the public key, hex."""

    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same data gives the same signature."""
        return self.key.sign(data)


def own_signer(vault: Vault) -> Signer:
    """The signer of an installation: the same on every machine that has the same secret key."""
    return Signer(Ed25519PrivateKey.from_private_bytes(vault.derived(PURPOSE)))


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """What people compare."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def signed_by(public_key: bytes, data: bytes, signature: bytes) -> str | None:
    """The fingerprint of the key that signed `data`, or None when the signature or the key is not good."""
    try:
        key = load_pem_public_key(public_key)
        if not isinstance(key, Ed25519PublicKey):
            return None
        key.verify(signature, data)
    except (ValueError, InvalidSignature):
        return None
    return fingerprint_of(key)
