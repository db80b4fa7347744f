"""How fast mails are judged on one core, everything counted: `python -m bench.classify`.

Rates are of processor time, so that what else the machine does does not count; the median of several rounds, after one that warms up.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench.results_file import keep
from classifier.fixtures import labelled_paths
from classifier.model import Model
from classifier.registry import Registry
from demur import shipped
from ingest.decide import read
from ingest.extract import extract
from ingest.parse import parse
from ledger.message import Message

T = TypeVar("T")
ROUNDS = 5
BATCH = 500
LONGER = (1024, 4096)
"""Bytes of text of longer mails."""
LOADING = """
import sys, time
from pathlib import Path
import joblib, sklearn.feature_extraction.text, sklearn.linear_model, sklearn.pipeline
from classifier.registry import Registry
begin = time.perf_counter()
Registry(Path("nowhere"), Path(sys.argv[1])).current()
print(time.perf_counter() - begin)
"""


def _rate(work: Callable[[], object], count: int) -> str:
    work()
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return f"{count / statistics.median(times):,.0f} mails/s"


def _batches(mails: Sequence[T]) -> Iterator[Sequence[T]]:
    return (mails[start : start + BATCH] for start in range(0, len(mails), BATCH))


def _judge_all(model: Model, mails: Sequence[Message]) -> None:
    for batch in _batches(mails):
        model.predict([extract(mail) for mail in batch])


def _long(mails: Sequence[tuple[str, Message]], size: int) -> list[Message]:
    """As many mails, their texts continued with others of the same language until they have `size` bytes."""
    of_language = {language: cycle([mail.text for code, mail in mails if code == language and mail.text]) for language, _ in mails}
    found = []
    for language, mail in mails:
        text = mail.text
        while len(text.encode()) < size:
            text = f"{text}\n\n{next(of_language[language])}"
        found.append(replace(mail, text=text.encode()[:size].decode("utf-8", "ignore")))
    return found


def _single(model: Model, mails: Sequence[Message]) -> str:
    """Median and 99th percentile in ms, of processor time and by the clock."""
    busy, passed = list[float](), list[float]()
    for mail in mails:
        begin, clock = time.process_time(), time.perf_counter()
        model.predict([extract(mail)])
        busy.append(1000 * (time.process_time() - begin))
        passed.append(1000 * (time.perf_counter() - clock))
    return f"{_spread(busy)} ms (by the clock {_spread(passed)} ms)"


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.2f} / {statistics.quantiles(times, n=100)[98]:.2f}"


def _loading() -> str:
    command = [sys.executable, "-c", LOADING, str(shipped.models())]
    times = [float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(ROUNDS)]
    return f"{statistics.median(times):.3f} s"


def main() -> None:
    paths = [path for _, path in labelled_paths(shipped.fixtures())]
    raws = [path.read_bytes() for path in paths]
    parsed = [parse(raw) for raw in raws]
    some = list(zip((path.name.partition("-")[0] for path in paths), parsed, strict=True))[:: max(1, len(parsed) // BATCH)]
    longer = {f"{size // 1024} KB": _long(some, size) for size in LONGER}
    model = Registry(Path("nowhere"), shipped.models()).current()
    extracted = [extract(mail) for mail in parsed]
    size = (shipped.models() / model.version / "model.joblib").stat().st_size
    characters = statistics.median(len(mail.text) for mail in parsed)
    rows = [
        (
            f"parsed mail → prediction, batches of {BATCH} (words, language, links, phrases, concepts, features, model)",
            _rate(lambda: _judge_all(model, parsed), len(parsed)),
        ),
        *((f"the same, texts of {size}", _rate(partial(_judge_all, model, mails), len(mails))) for size, mails in longer.items()),
        ("of it, Message → prediction", _rate(lambda: [model.predict(batch) for batch in _batches(extracted)], len(extracted))),
        (
            f"raw mail → prediction, batches of {BATCH}",
            _rate(lambda: [model.predict([read(raw) for raw in batch]) for batch in _batches(raws)], len(raws)),
        ),
        ("one parsed mail → prediction, median / p99", _single(model, parsed)),
        *((f"the same, text of {size}", _single(model, mails)) for size, mails in longer.items()),
        ("opening the model (scikit-learn imported before), median", _loading()),
        ("model file", f"{size / 1e6:.2f} MB"),
        ("mails; median of their texts", f"{len(parsed):,}; {characters:,.0f} characters"),
        ("load of the machine meanwhile (1 min), cores", f"{os.getloadavg()[0]:.1f}, {os.cpu_count()}"),
    ]
    keep("classify", "Judging mails on one core", rows)


if __name__ == "__main__":
    main()
