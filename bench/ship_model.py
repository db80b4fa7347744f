"""Train the model that is shipped: `python -m bench.ship_model` writes it into models/ and removes the one before."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from classifier.registry import Registry
from classifier.retrain import retrain
from demur import shipped
from demur.progress import training_progress
from ingest.decide import read


def main() -> None:
    models = Path("models")
    with TemporaryDirectory() as folder:
        registry = Registry(Path(folder), Path("nowhere"))
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        holdout = shipped.fixtures() / "holdout"
        result = retrain(registry, [shipped.fixtures()], holdout, [], read, today, training_progress(sys.stderr))
        shutil.rmtree(models, ignore_errors=True)
        shutil.copytree(folder, models)
    metrics = result.card.metrics
    print(
        f"{result.card.version}: macro-F1 {metrics['macro_f1']}, coverage {metrics['coverage']}, wrong decisive {metrics['wrong_decisive']}"
    )


if __name__ == "__main__":
    main()
