"""How strongly the classifier is held back: `python -m bench.search` tries values of C by template and rewrites bench/results/search.md.

scikit-learn's GridSearchCV over grouped folds, each trained on incomplete copies, too, and judged on whole mails. It runs wherever
DEMUR_JOBLIB_BACKEND says: this machine's cores, or a Dask cluster.
"""

import time
from collections.abc import Sequence
from typing import Any

from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline

from bench.results_file import keep
from classifier.augment import augmented
from classifier.fixtures import load
from classifier.train import new_pipeline
from demur import shipped
from demur.parallel import spread
from demur.settings import load_settings
from ingest.decide import read
from ledger.message import Message

STRENGTHS = (1.0, 3.0, 10.0, 30.0)
FOLDS = 3


class Augmented(Pipeline):  # type: ignore[misc]
    """The pipeline that training fits, on whole mails and on copies with words missing."""

    def fit(self, X: Sequence[Message], y: Sequence[str], **options: Any) -> "Augmented":  # noqa: N803 - scikit-learn's word
        """Fit on the mails given and their incomplete copies."""
        super().fit(*augmented(X, list(y)), **options)
        return self


def main() -> None:
    mails = load(shipped.fixtures(), read)
    settings = load_settings()
    search = GridSearchCV(
        Augmented(new_pipeline().steps),
        {"classifier__C": STRENGTHS},
        cv=GroupKFold(FOLDS),
        scoring="f1_macro",
        refit=False,
        error_score="raise",
    )
    started = time.perf_counter()
    with spread(settings):
        search.fit([m.message for m in mails], [m.outcome.value for m in mails], groups=[m.template for m in mails])
    seconds = time.perf_counter() - started
    scores = zip(STRENGTHS, search.cv_results_["mean_test_score"], search.cv_results_["std_test_score"], strict=True)
    rows = [
        (f"C = {c:g}: macro-F1 by template, mean ± deviation over {FOLDS} folds", f"{mean:.4f} ± {spread_:.4f}")
        for c, mean, spread_ in scores
    ]
    rows += [("seconds", f"{seconds:.0f}"), ("where", settings.parallel_backend)]
    keep("search", "How strongly the classifier is held back", rows)


if __name__ == "__main__":
    main()
