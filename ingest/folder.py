"""Mails on disk: .eml files, folders of them, Maildir, mbox (also Takeout's), zip files of .eml. Streamed, nothing is written."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import OperatorError

MAX_FILE = 256 * 1024 * 1024
MAX_MBOX_MAIL = 64 * 1024 * 1024
MAX_ENTRIES = 200_000
MAX_RATIO = 200
SMALL_ENTRY = 1024 * 1024
FROM_LINE = re.compile(rb"From .*\d:\d\d")
"""What opens a mail in an mbox holds a time of day; a sentence that begins with «From » mostly does not."""
MBOX_SUFFIXES = frozenset({".mbox", ".mbx"})
BAD_ENTRY = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError, ValueError)


@dataclass(frozen=True, slots=True)
class FoundMail:
    """One mail on disk: its bytes, or why it cannot be read. `path` names it for people (`file.mbox#12`, `file.zip!a.eml`)."""

    path: str
    raw: bytes = b""
    error: str | None = None
    defect: str | None = None


def mails_in(path: Path) -> Iterator[FoundMail]:
    """Every mail at a path, in a stable order. Raises OperatorError when there is no such path."""
    if not path.exists():
        raise OperatorError(f"{path} does not exist")
    if path.is_dir():
        yield from _in_folder(path)
    elif zipfile.is_zipfile(path):
        yield from _in_zip(path)
    elif path.suffix.lower() in MBOX_SUFFIXES or _looks_like_mbox(path):
        yield from _in_mbox(path)
    else:
        yield _file(path)


def _in_folder(folder: Path) -> Iterator[FoundMail]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield FoundMail(str(folder), error=f"cannot be read: {error.strerror}")
        return
    maildir = (folder / "cur").is_dir() and (folder / "new").is_dir()
    for entry in entries:
        if maildir and entry.name == "tmp":
            continue
        if entry.is_symlink() and entry.is_dir():
            continue
        if entry.is_dir():
            yield from _in_folder(entry)
        elif _is_mail(entry, in_maildir=folder.name in ("cur", "new")):
            yield from mails_in(entry)


def _is_mail(path: Path, in_maildir: bool) -> bool:
    suffix = path.suffix.lower()
    if not path.is_file():
        return False
    if path.name.startswith((".", "dovecot")):
        return False
    return in_maildir or suffix in {".eml", ".zip"} | MBOX_SUFFIXES or _starts_like_mail(path)


def _head(path: Path, size: int = 512) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _starts_like_mail(path: Path) -> bool:
    """Whether a file without a telling name begins with a header line or an mbox line."""
    first = _head(path).lstrip().split(b"\n", 1)[0]
    name, colon, _ = first.partition(b":")
    return first.startswith(b"From ") or (bool(colon) and 0 < len(name) <= 40 and name.replace(b"-", b"").isalnum() and b" " not in name)


def _looks_like_mbox(path: Path) -> bool:
    return _head(path, 5) == b"From "


def _file(path: Path) -> FoundMail:
    try:
        if path.stat().st_size > MAX_FILE:
            return FoundMail(str(path), error=f"is larger than {MAX_FILE // 2**20} MB")
        return FoundMail(str(path), path.read_bytes())
    except OSError as error:
        return FoundMail(str(path), error=f"cannot be read: {error.strerror}")


def _in_zip(path: Path) -> Iterator[FoundMail]:
    """Entries are read into memory one by one, never unpacked to disk; what grows too much is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist()[:MAX_ENTRIES]:
                if not entry.is_dir() and entry.filename.lower().endswith(".eml"):
                    yield _entry(archive, entry, f"{path}!{entry.filename}")
    except (*BAD_ENTRY, OSError) as error:
        yield FoundMail(str(path), error=f"is not an intact zip file ({type(error).__name__})")


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> FoundMail:
    grows = entry.file_size / max(entry.compress_size, 1)
    if entry.file_size > MAX_MBOX_MAIL or (entry.file_size > SMALL_ENTRY and grows > MAX_RATIO):
        return FoundMail(name, error=f"unpacks to {entry.file_size // 2**20} MB: refused as a zip bomb")
    try:
        with archive.open(entry) as file:
            raw = file.read(MAX_MBOX_MAIL + 1)
    except (*BAD_ENTRY, OSError) as error:
        return FoundMail(name, error=f"cannot be unpacked ({type(error).__name__})")
    return FoundMail(name, raw) if len(raw) <= MAX_MBOX_MAIL else FoundMail(name, error="is larger than it says: refused")


def _in_mbox(path: Path) -> Iterator[FoundMail]:
    """Stream an mbox (mboxrd: `>From ` is unescaped once). The last mail of a file that ends mid-line is marked as cut."""
    lines: list[bytes] = []
    size = number = 0
    blank = True
    try:
        with path.open("rb") as file:
            for line in file:
                if blank and (FROM_LINE.match(line) or (not number and line.startswith(b"From "))):
                    if number:
                        yield _of_mbox(path, number, lines, size)
                    lines, size, number = [], 0, number + 1
                elif number and size <= MAX_MBOX_MAIL:
                    lines.append(line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line)
                    size += len(line)
                blank = line in (b"\n", b"\r\n")
    except OSError as error:
        yield FoundMail(str(path), error=f"cannot be read: {error.strerror}")
        return
    if number:
        cut = bool(lines) and not lines[-1].endswith(b"\n")
        yield _of_mbox(path, number, lines, size, "the mbox ends in the middle of this mail" if cut else None)
    else:
        yield FoundMail(str(path), error="is not an mbox: no line starts with «From »")


def _of_mbox(path: Path, number: int, lines: list[bytes], size: int, defect: str | None = None) -> FoundMail:
    name = f"{path}#{number}"
    if size > MAX_MBOX_MAIL:
        return FoundMail(name, error=f"is larger than {MAX_MBOX_MAIL // 2**20} MB")
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]
    return FoundMail(name, b"".join(lines), defect=defect)
