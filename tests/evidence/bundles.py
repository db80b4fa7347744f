"""Bundles of Anna's to look into and to alter."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from api.evidence.bundle import Made, Source, write_bundle
from api.evidence.container import Packer
from api.evidence.verify import Verification, verify
from ledger.entry import filing_of
from ledger.outcome import Product, Track
from tests.api.world import NOW, World

CARDS = {"card.json": b'{"version": "1"}', "card.md": b"# Model\n"}
RAW = b"From: Meta <a@facebookmail.com>\r\nTo: anna@example.org\r\nSubject: =?utf-8?q?Your_request?=\r\nDKIM-Signature: v=1; d=facebookmail.com\r\n\r\nWe will honour it.\r\n"


def fill(world: World, **changes: Any) -> None:
    """A notice, a filing, a receipt and a confirmation."""
    anna = world.user("anna")
    world.mail("anna", "notice", "2025-04-20", RAW + b"1")
    world.mail("anna", "receipt", "2025-05-02", RAW + b"2", **changes)
    world.mail("anna", "confirmation", "2025-05-06", RAW + b"3")
    at, filing = filing_of(Product.INSTAGRAM, Track.OWN_DATA, NOW.date().replace(month=5, day=1), "anna", NOW)
    world.ledger.record.write(anna, at, filing, NOW)


def export(world: World, path: Path) -> Made:
    """Write Anna's bundle."""
    with path.open("w+b") as file:
        return write_bundle(Source(world.ledger, lambda version: CARDS, "demur test"), world.user("anna"), world.now, file)


def content(path: Path) -> dict[str, bytes]:
    """The files of a bundle, as anybody reads them."""
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name) for name in bundle.namelist()}


def packed(files: dict[str, bytes], path: Path) -> Path:
    """A bundle of other files, packed as the original was."""
    with path.open("w+b") as file, Packer(file) as packer:
        for name, data in files.items():
            packer.add(name, data)
    return path


def flipped(data: bytes, offset: int) -> bytes:
    """The same with one bit of one byte turned."""
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def blamed(found: Verification) -> set[str]:
    """What a check names."""
    return {finding.what for finding in found.findings}


def checked(path: Path, fingerprint: str | None = None) -> Verification:
    """A check of a bundle."""
    return verify(path, fingerprint)


def sha256sum(folder: Path) -> "subprocess.CompletedProcess[str]":
    """What the program that everybody has says."""
    return subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)


def unpacked(path: Path, folder: Path) -> Path:
    """A bundle in a folder."""
    zipfile.ZipFile(io.BytesIO(path.read_bytes())).extractall(folder)
    return folder
