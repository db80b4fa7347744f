"""Train the model that is shipped: `python -m bench.ship_model` writes it into models/ and removes the one before."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from classifier.registry import Registry
from classifier.retrain import retrain
from demur import shipped
from demur.progress import training_progress
from ingest.decide import read


def main() -> None:
    models = Path("models")
    before = {path for path in models.iterdir() if path.is_dir()} if models.is_dir() else set()
    result = retrain(
        Registry(models, Path("nowhere")),
        [shipped.fixtures()],
        shipped.fixtures() / "holdout",
        [],
        read,
        datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        training_progress(sys.stderr),
    )
    if not result.promoted:
        raise SystemExit("not promoted: " + "; ".join(result.reasons))
    for folder in before - {models / result.card.version}:
        shutil.rmtree(folder)
    (models / "current").write_text(result.card.version + "\n", encoding="utf-8")
    (models / "pins.json").write_text(f'{{\n "{result.card.version}": "{result.card.sha256}"\n}}\n', encoding="utf-8")
    metrics = result.card.metrics
    print(
        f"{result.card.version}: macro-F1 {metrics['macro_f1']}, coverage {metrics['coverage']}, wrong decisive {metrics['wrong_decisive']}"
    )


if __name__ == "__main__":
    main()
