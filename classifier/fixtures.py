"""Labelled mails on disk: `<folder>/<outcome>/<language>-<template>.<variant>.eml`. The folder is the label."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import OperatorError
from ledger.message import Message
from ledger.outcome import Outcome

Read = Callable[[bytes], Message]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail with its label. `template` is the group that must not be split between training and test."""

    message: Message
    outcome: Outcome
    language: str
    template: str
    name: str
    tricky: bool = False


def labelled_paths(folder: Path) -> Iterator[tuple[Outcome, Path]]:
    """Every labelled file below `folder`, in a stable order."""
    for outcome in Outcome:
        for path in sorted((folder / outcome.value).glob("*.eml")):
            yield outcome, path


def load(folder: Path, read: Read) -> list[Labelled]:
    """Read all labelled mails of a folder. Raises OperatorError when there are none or a file cannot be read."""
    found = []
    for outcome, path in labelled_paths(folder):
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise OperatorError(f"--fixtures: cannot read {path}: {error.strerror}") from None
        stem = path.stem.partition(".")[0]
        language = stem.partition("-")[0]
        tricky = b"\nX-Demur-Tricky:" in raw[:4096]
        found.append(Labelled(read(raw), outcome, language, f"{outcome}/{stem}", f"{outcome}/{path.name}", tricky))
    if not found:
        raise OperatorError(f"--fixtures: no mails at {folder}/<outcome>/<language>-<template>.<variant>.eml")
    return found
