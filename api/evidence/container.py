"""The zip file around a bundle, written in one way only: whoever writes the same members again gets the same bytes.

Members are stored, not compressed: a compressed member looks different with every version of the compressor.
"""

import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

EPOCH = (1980, 1, 1, 0, 0, 0)
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
CHUNK = 1 << 20
UNREADABLE = (zipfile.BadZipFile, EOFError, OSError, ValueError, OverflowError, NotImplementedError, struct.error)
"""What zipfile raises for a file that is no zip or no longer one."""


class Packer:
    """Writes members in the order in which they come."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)

    def add(self, name: str, content: bytes) -> None:
        """Write one member."""
        info = zipfile.ZipInfo(name, EPOCH)
        info.create_system, info.external_attr = 3, 0o100600 << 16
        self._zip.writestr(info, content)

    def __enter__(self) -> "Packer":
        return self

    def __exit__(self, *error: object) -> None:
        """Write the directory."""
        self._zip.close()


@dataclass(frozen=True, slots=True)
class Member:
    """A member's name and its bytes as they lie in the file, whatever its checksum says."""

    name: str
    content: bytes


def members(file: BinaryIO) -> Iterator[Member]:
    """The members of a bundle in the order of its directory. Raises one of `UNREADABLE` when the file is damaged."""
    for info in zipfile.ZipFile(file).infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
            raise zipfile.BadZipFile(f"{info.filename} is compressed or encrypted")
        file.seek(info.header_offset)
        header = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        file.seek(info.header_offset + LOCAL_HEADER.size + header[-2] + header[-1])
        yield Member(info.filename, file.read(info.file_size))


def first_difference(file: BinaryIO) -> int | None:
    """The offset from which a bundle is not what `Packer` writes for its members; None when it is, to the last byte."""
    with tempfile.TemporaryFile() as again:
        with Packer(again) as packer:
            for member in members(file):
                packer.add(member.name, member.content)
        return _difference(file, again)


def _difference(one: BinaryIO, other: BinaryIO) -> int | None:
    one.seek(0)
    other.seek(0)
    offset = 0
    while True:
        a, b = one.read(CHUNK), other.read(CHUNK)
        if a != b:
            return offset + next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        if not a:
            return None
        offset += len(a)
