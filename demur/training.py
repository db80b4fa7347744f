"""One training at a time for a data folder: in the foreground for the command line, in a process of its own for the API."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.models import Training, TrainingUnderWayError
from demur import shipped
from demur.parallel import MANY, spread
from demur.settings import Settings
from ledger.errors import DemurError
from ledger.lease import file_lease
from ledger.outcome import Outcome
from ledger.trust import Trust

if TYPE_CHECKING:
    from classifier.fixtures import Labelled
    from classifier.retrain import Retrained
    from demur.composition import Composition

Report = Callable[[str, int, int], None]
BUSY = "another training is under way: wait for it to end"


@contextmanager
def training_lease(data: Path) -> Iterator[None]:
    """Be the only one who trains for a data folder. Raises TrainingUnderWayError."""
    with file_lease(data / "locks" / "training.lock") as held:
        if not held:
            raise TrainingUnderWayError(BUSY)
        yield


def may_teach(said: Outcome, trusts: Collection[Trust]) -> bool:
    """Whether a mail on which a person spoke becomes training data: never a forged one, and one that nothing proves only where it counts.

    Of a mail in Meta's words that only pretends, «unrelated» would teach that Meta's words say nothing.
    """
    if Trust.PROVEN in trusts:
        return True
    return Trust.FORGED not in trusts and said is not Outcome.UNRELATED


def reviewed(parts: "Composition") -> "list[Labelled]":
    """Mails that people labelled, as training data, grouped by template; none where there is no ledger yet. No prediction is a label."""
    from classifier.fixtures import Labelled
    from ingest.decide import read

    if not (parts.settings.data / "demur.sqlite3").exists() and parts.settings.database_url is None:
        return []
    record, found = parts.ledger.record, []
    for sha256, correction in record.corrections():
        decisions = record.decisions_on(sha256)
        mail = record.mail(sha256) if may_teach(correction.outcome, {d.trust for d in decisions}) else None
        if mail:
            message, template = read(mail.raw), next((d.template for d in decisions if d.template), sha256)
            found.append(Labelled(message, correction.outcome, message.language or "?", f"reviewed/{template}", f"reviewed/{sha256}"))
    return found


def train(parts: "Composition", folders: Sequence[Path], report: Report) -> "Retrained":
    """Train on labelled folders (those of the settings when empty, else the shipped one) and reviewed mails; promote what is not worse."""
    from classifier.fixtures import labelled_paths
    from classifier.retrain import retrain
    from demur.judge import registry
    from ingest.decide import read

    folders = folders or parts.settings.fixture_folders or [shipped.fixtures()]
    holdout = next((folder / "holdout" for folder in folders if (folder / "holdout").is_dir()), shipped.fixtures() / "holdout")
    many = sum(1 for folder in folders for _ in labelled_paths(folder)) > MANY
    with training_lease(parts.settings.data), spread(parts.settings, worthwhile=many):
        return retrain(registry(parts.settings.data), folders, holdout, reviewed(parts), read, parts.now(), report)


@dataclass(frozen=True, slots=True)
class _Ended:
    """What the process says at its end: a version, or `detail` when it failed."""

    version: str | None = None
    promoted: bool = False
    reasons: tuple[str, ...] = ()
    detail: str | None = None


def _in_background(settings: Settings, folders: Sequence[Path], told: Connection) -> None:
    """The process: trains, and tells of its steps and its end. Ctrl-C is for the process that started it."""
    from demur.composition import Composition

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    parts = Composition(settings)
    try:
        result = train(parts, folders, lambda *step: told.send(step))
        told.send(_Ended(result.card.version, result.promoted, result.reasons))
    except DemurError as error:
        told.send(_Ended(detail=str(error)))
    finally:
        parts.close()


class Trainer:
    """Trains in the background, one at a time, and knows how far it is."""

    def __init__(self, parts: "Composition", folders: Sequence[Path] = ()) -> None:
        self._settings, self._now, self._folders = parts.settings, parts.now, tuple(folders)
        self._lock = threading.Lock()
        self._process: Any = None
        self._training = Training()

    @property
    def progress(self) -> Training:
        """The training under way, or how the last one ended."""
        return self._training

    def start(self) -> Training:
        """Begin. Raises TrainingUnderWayError while one runs, here or in another process."""
        with self._lock:
            if self._training.state == "running":
                raise TrainingUnderWayError(BUSY)
            with training_lease(self._settings.data):
                pass
            self._training = Training("running", "starting", 0, 1, self._now())
            spawning = multiprocessing.get_context("spawn")
            hears, tells = spawning.Pipe(duplex=False)
            self._process = spawning.Process(target=_in_background, args=(self._settings, self._folders, tells), name="training")
            self._process.start()
            tells.close()
            threading.Thread(target=self._listen, args=(hears, self._process), name="training", daemon=True).start()
            return self._training

    def _listen(self, hears: Connection, process: Any) -> None:
        """Follow the process to its end, whatever end that is."""
        ended = _Ended(detail="the training was stopped; the model in use stays as it is")
        with suppress(EOFError, OSError):
            while not isinstance(step := hears.recv(), _Ended):
                self._training = replace(self._training, what=step[0], done=step[1], of=step[2])
            ended = step
        process.join()
        hears.close()
        self._training = _finished(self._training, ended, self._now())

    def stop(self) -> None:
        """End a training that is under way; the model in use stays as it is."""
        process = self._process
        if process is not None and process.is_alive():
            process.terminate()
            process.join()


def _finished(training: Training, ended: _Ended, now: datetime) -> Training:
    if ended.version is None:
        return replace(training, state="failed", ended_at=now, detail=ended.detail)
    done = replace(training, state="done", ended_at=now, version=ended.version)
    return replace(done, promoted=ended.promoted, reasons=list(ended.reasons))
