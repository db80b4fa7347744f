"""How fast the shipped model is, on one core, features included: `python -m bench.classify`."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench.results_file import keep
from classifier.fixtures import load
from classifier.registry import Registry
from demur import shipped
from ingest.decide import read

ROUNDS = 5
BATCH = 500
LOADING = "import time, sys; from classifier.registry import Registry; from pathlib import Path; import sklearn.pipeline, sklearn.linear_model, sklearn.feature_extraction.text, joblib; t = time.perf_counter(); Registry(Path('nowhere'), Path(sys.argv[1])).current(); print(time.perf_counter() - t)"


def _rate(work: object, count: int) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return count / statistics.median(times)


def main() -> None:
    paths = sorted(shipped.fixtures().glob("*/*.eml"))
    raws = [path.read_bytes() for path in paths]
    messages = [mail.message for mail in load(shipped.fixtures(), read)]
    model = Registry(Path("nowhere"), shipped.models()).current()

    def in_batches() -> None:
        for start in range(0, len(messages), BATCH):
            model.predict(messages[start : start + BATCH])

    singles = []
    for message in messages[:500]:
        start = time.perf_counter()
        model.predict([message])
        singles.append((time.perf_counter() - start) * 1000)
    singles.sort()
    loads = [
        float(subprocess.run([sys.executable, "-c", LOADING, str(shipped.models())], capture_output=True, check=True, text=True).stdout)
        for _ in range(ROUNDS)
    ]
    size = (shipped.models() / model.version / "model.joblib").stat().st_size
    keep(
        "classify",
        "Classifying on one core",
        [
            (f"features and prediction, batches of {BATCH}", f"{_rate(in_batches, len(messages)):,.0f} mails/s"),
            (
                "features and prediction, one mail: median / p99",
                f"{singles[len(singles) // 2]:.2f} / {singles[int(len(singles) * 0.99)]:.2f} ms",
            ),
            ("raw bytes to Message (parse and extract)", f"{_rate(lambda: [read(raw) for raw in raws], len(raws)):,.0f} mails/s"),
            ("opening the model (scikit-learn imported before), median", f"{statistics.median(loads):.3f} s"),
            ("model file", f"{size / 1e6:.2f} MB"),
        ],
    )


if __name__ == "__main__":
    main()
