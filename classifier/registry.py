"""The models on disk: immutable versions, one current, one perhaps in the shadow. A file is opened only when its SHA-256 is right."""

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version as installed
from itertools import count
from pathlib import Path

from classifier.card import Card, read_card, write_card
from classifier.model import Model
from ledger.errors import OperatorError
from ledger.outcome import Outcome

MAX_BYTES = 50 * 1024 * 1024
FEATURES = "2"
"""Grows whenever the tokens change: a model opens only with the features that it was made with."""
PINS = "pins.json"
CURRENT = "current"
SHADOW = "shadow"
BUILDING = ".building-"
ABANDONED = 3600.0
"""Seconds after which a half-built folder is a killed training's."""


class ModelMismatchError(OperatorError):
    """The model is sound but was made with other versions: it must be trained anew."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Models below `own` (written here) and below `shipped` (read only, the first model of all)."""

    own: Path
    shipped: Path

    def versions(self) -> list[Card]:
        """The cards of all models, oldest first."""
        cards = [read_card(path.parent) for root in (self.shipped, self.own) for path in root.glob("[!.]*/card.json")]
        return sorted({card.version: card for card in cards}.values(), key=lambda card: (card.created_at, card.version))

    def folder(self, version: str) -> Path:
        """Where a version lies. Raises OperatorError when there is no such version."""
        for root in (self.own, self.shipped):
            if version and not version.startswith(".") and (root / version / "card.json").is_file() and (root / version).parent == root:
                return root / version
        raise OperatorError(f"there is no model {version}: `demur models` lists them")

    def current_version(self) -> str:
        """The version that decides. Raises OperatorError when there is no model at all."""
        if version := self.current_or_none():
            return version
        raise OperatorError("there is no model yet: run `demur train`")

    def current_or_none(self) -> str | None:
        """The version that decides, or None when there is no model at all."""
        return next(iter(self._history()), None)

    def shadow_version(self) -> str | None:
        """The version that predicts beside the current one without deciding, if any."""
        return self._shadow()[0]

    def shadow_since(self) -> datetime | None:
        """When that version was put into the shadow (aware), if any was."""
        return self._shadow()[1]

    def _shadow(self) -> tuple[str | None, datetime | None]:
        path = self.own / SHADOW
        try:
            version, moment = path.read_text(encoding="utf-8").split()
            return version, datetime.fromisoformat(moment)
        except FileNotFoundError:
            return None, None
        except ValueError:
            raise OperatorError(f"{path} is damaged: `demur shadow --off` removes it") from None

    def set_shadow(self, version: str | None, now: datetime) -> None:
        """Let a version predict beside the current one; None: no version. Raises OperatorError when there is no such version."""
        if version is None:
            (self.own / SHADOW).unlink(missing_ok=True)
            return
        self.folder(version)
        self._name(SHADOW, f"{version}\n{now.isoformat()}")

    def new_version(self, stem: str) -> str:
        """A version that nobody has yet: `stem`, or `stem.2` and so on where the same mails were trained on before."""
        taken = {path.name for root in (self.shipped, self.own) for path in root.glob(f"{stem}*")}
        return next(name for number in count(1) if (name := stem if number == 1 else f"{stem}.{number}") not in taken)

    def current(self) -> Model:
        """The model that decides, opened."""
        return self.open(self.current_version())

    def open(self, version: str) -> Model:
        """Open a model. Raises OperatorError before anything in the file runs, unless file, card and pin agree."""
        folder = self.folder(version)
        card = read_card(folder)
        data = _pinned_bytes(folder / "model.joblib", card, _pin(folder.parent, version))
        if (card.scikit_learn, card.features) != (scikit_learn(), FEATURES):
            raise ModelMismatchError(
                f"model {version} was made with scikit-learn {card.scikit_learn}, {scikit_learn()} is installed: run `demur train`"
            )
        import joblib

        pipeline = joblib.load(io.BytesIO(data))
        return Model(version, pipeline, {Outcome(name): least for name, least in card.thresholds.items()}, card.familiar)

    def add(self, model: Model, card: Card) -> Card:
        """Keep a new model, not current yet. The folder appears whole or not at all."""
        import joblib

        building = self._building()
        try:
            joblib.dump(model.pipeline, building / "model.joblib", compress=3)
            digest = hashlib.sha256((building / "model.joblib").read_bytes()).hexdigest()
            pinned = replace(card, sha256=digest)
            write_card(pinned, building)
            if (self.own / card.version).exists():
                raise OperatorError(f"there is a model {card.version} already: versions are never overwritten")
            _write_atomically(self.own / PINS, json.dumps(_pins(self.own) | {card.version: digest}, indent=1, sort_keys=True) + "\n")
            building.rename(self.own / card.version)
            return pinned
        except OSError as error:
            raise OperatorError(f"cannot write the model to {self.own}: {error.strerror}; the model in use stays as it is") from None
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _building(self) -> Path:
        """An empty folder to build a version in; those that killed trainings left behind are removed."""
        try:
            self.own.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in self.own.glob(f"{BUILDING}*"):
                if time.time() - left.stat().st_mtime > ABANDONED:
                    shutil.rmtree(left, ignore_errors=True)
            return Path(tempfile.mkdtemp(prefix=BUILDING, dir=self.own))
        except OSError as error:
            raise OperatorError(f"cannot write the model to {self.own}: {error.strerror}; the model in use stays as it is") from None

    def promote(self, version: str) -> None:
        """Let a version decide from now on; the ones before it are remembered for `rollback`."""
        self.folder(version)
        history = [version, *[v for v in self._history() if v != version]]
        self._name(CURRENT, "\n".join(history))

    def _name(self, what: str, text: str) -> None:
        """Write one of the small files that name versions, whole or not at all."""
        try:
            self.own.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_atomically(self.own / what, text + "\n")
        except OSError as error:
            raise OperatorError(f"cannot write {self.own / what}: {error.strerror}; the model in use stays as it is") from None

    def _history(self) -> list[str]:
        return _names(self.own / CURRENT) or _names(self.shipped / CURRENT)

    def rollback(self) -> str:
        """Let the version before the current one decide again; return it. Raises OperatorError when there is none."""
        shipped, history = _names(self.shipped / CURRENT), self._history()
        before = [v for v in dict.fromkeys([*history[1:], *shipped]) if v != history[:1][0]] if history else []
        if not before:
            raise OperatorError("there is no earlier model to go back to")
        self._name(CURRENT, "\n".join(before))
        return before[0]


def scikit_learn() -> str:
    """The installed scikit-learn as major.minor: models do not open across them."""
    return ".".join(installed("scikit-learn").split(".")[:2])


def python() -> str:
    """The running Python as major.minor."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _names(path: Path) -> list[str]:
    """The versions that a file names, the newest first; none where there is no such file. A damaged name is no version's."""
    return path.read_text(encoding="utf-8", errors="replace").split() if path.is_file() else []


def _pins(root: Path) -> dict[str, str]:
    try:
        pins = json.loads((root / PINS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise OperatorError(f"{root / PINS} is damaged: run `demur train`") from None
    return dict(pins)


def _pin(root: Path, version: str) -> str | None:
    return _pins(root).get(version)


def _pinned_bytes(path: Path, card: Card, pin: str | None) -> bytes:
    """The file's bytes, once they agree with card and pin."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise OperatorError(f"{path} is larger than any model: it is not opened")
        data = path.read_bytes()
    except OSError:
        raise OperatorError(f"{path} cannot be read: run `demur train`, or `demur rollback` to an earlier model") from None
    if not card.sha256 == pin == hashlib.sha256(data).hexdigest():
        raise OperatorError(
            f"{path} is not the file that its card and {PINS} name: it is not opened; run `demur train`, or `demur rollback`"
        )
    return data


def _write_atomically(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
