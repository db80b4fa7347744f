"""Compare features and models by template and by language: `python -m bench.experiments [WORD]` renews the table in docs/experiments.md
(of the variants with that word in their name).

Three figures each, macro-F1 over the eight outcomes: five folds grouped by template; leave-one-language-out (the model has seen no mail of
the language it is judged on; the language's concepts stay); leave-one-author-out, judged on the mails of the later authors (the word lists
know their mails, the model does not). Variants marked «+ blanks» are trained with words left out
(classifier/augment.py). Judged always on whole mails.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from classifier import features
from classifier.augment import COPIES, augmented
from classifier.fixtures import Labelled, load
from demur import shipped
from ingest.decide import read
from ledger.message import Message

DOCUMENT = Path("docs/experiments.md")
MARK = "<!-- tables below are written by `python -m bench.experiments` -->"
Tokens = Callable[[Message], list[str]]
CONCEPTS, SUBJECT = features.concept_tokens_of, features.subject_tokens
PHRASES, STRUCTURE = features.phrase_tokens, features.structure_tokens


def bare_concepts(message: Message) -> list[str]:
    """Concepts without clauses, conditions or negations: a bag."""
    return [hit.concept for hit in message.hits]


def deciding_chars(message: Message) -> list[str]:
    """Letters of the sentences that hold a status phrase, or of the first 400 characters."""
    spans = [message.text[max(0, p.start - 80) : p.end + 80] for p in message.phrases] or [message.text[:400]]
    text = " ".join(spans).lower()
    return [text[i : i + n] for n in (3, 4, 5) for i in range(len(text) - n + 1)]


def logistic(c: float = 10.0) -> Any:
    return LogisticRegression(C=c, class_weight="balanced", max_iter=500)


def vectors() -> Any:
    """A LinearSVC: as good as logistic regression here, and ten times as fast on hundreds of thousands of columns."""
    return LinearSVC(class_weight="balanced")


@dataclass(frozen=True)
class Variant:
    """One way to do it. `blanks`: trained on copies with words left out, too. `hashed`: features fall into 2^16 columns."""

    name: str
    families: tuple[Tokens, ...]
    classifier: Callable[[], Any] = logistic
    blanks: bool = False
    hashed: bool = False


ALL = (CONCEPTS, SUBJECT, PHRASES, STRUCTURE)
VARIANTS = (
    Variant("phrases alone", (PHRASES,)),
    Variant("phrases and structure", (PHRASES, STRUCTURE)),
    Variant("concepts, a bag", (bare_concepts,)),
    Variant("concepts in clauses", (CONCEPTS,)),
    Variant("concepts + structure", (CONCEPTS, STRUCTURE)),
    Variant("concepts + subject + structure", (CONCEPTS, SUBJECT, STRUCTURE)),
    Variant("concepts + subject + phrases + structure", ALL),
    Variant("… + blanks", ALL, blanks=True),
    Variant(
        "… + blanks, LinearSVC + calibration", ALL, lambda: CalibratedClassifierCV(LinearSVC(class_weight="balanced"), cv=3), blanks=True
    ),
    Variant(
        "… + blanks, SGD (log loss)",
        ALL,
        lambda: SGDClassifier(loss="log_loss", alpha=1e-5, class_weight="balanced", random_state=0),
        blanks=True,
    ),
    Variant("… + blanks, ComplementNB", ALL, lambda: ComplementNB(alpha=0.3), blanks=True),
    Variant("concepts in clauses, hashed, LinearSVC", (CONCEPTS,), vectors, hashed=True),
    Variant("concepts in clauses, LinearSVC", (CONCEPTS,), vectors),
    Variant("concepts + words, LinearSVC", (CONCEPTS, features.word_tokens), vectors),
    Variant("concepts + letters, LinearSVC", (CONCEPTS, features.char_tokens), vectors),
    Variant("all + words, LinearSVC", (*ALL, features.word_tokens), vectors),
    Variant("letters (3–5) of the deciding part, LinearSVC", (deciding_chars,), vectors),
    Variant("letters (4) of all words, LinearSVC", (features.char_tokens,), vectors),
    Variant("words 1–2, LinearSVC", (features.word_tokens,), vectors),
)


class Bench:
    """Counts every feature of every mail and its incomplete copies once; splits then only choose rows."""

    def __init__(self, mails: Sequence[Labelled]) -> None:
        self.mails = mails
        self.labels = np.array([mail.outcome.value for mail in mails])
        self.messages, _ = augmented([mail.message for mail in mails], list(self.labels))
        self._counted: dict[tuple[Tokens, bool], csr_matrix] = {}

    def counts(self, family: Tokens, hashed: bool) -> csr_matrix:
        """Rows: the mails, then all first copies, then all second ones …"""
        if (family, hashed) not in self._counted:
            counter = (
                HashingVectorizer(analyzer=family, n_features=2**16, alternate_sign=False, norm=None)
                if hashed
                else CountVectorizer(analyzer=family, dtype=np.float32, min_df=2)
            )
            self._counted[family, hashed] = counter.fit_transform(self.messages).tocsr()
        return self._counted[family, hashed]

    def predicted(self, variant: Variant, splits: Iterator[tuple[Any, Any]]) -> list[str]:
        """Out-of-split predictions for all mails."""
        guesses = np.full(len(self.mails), "unrelated", dtype=object)
        for train, test in splits:
            rows = np.concatenate([train + copy * len(self.mails) for copy in range(COPIES + 1 if variant.blanks else 1)])
            known, asked = [], []
            for family in variant.families:
                counts = self.counts(family, variant.hashed)
                weigher = TfidfTransformer(sublinear_tf=True).fit(counts[rows])
                known.append(weigher.transform(counts[rows]))
                asked.append(weigher.transform(counts[test]))
            fitted = variant.classifier().fit(hstack(known).tocsr(), self.labels[rows % len(self.mails)])
            guesses[test] = fitted.predict(hstack(asked).tocsr())
        return [str(g) if mail.message.about_meta else "unrelated" for g, mail in zip(guesses, self.mails, strict=True)]


def by_language(mails: Sequence[Labelled]) -> Iterator[tuple[Any, Any]]:
    languages = np.array([mail.language for mail in mails])
    for language in np.unique(languages):
        yield np.flatnonzero(languages != language), np.flatnonzero(languages == language)


def author_of(mail: Labelled) -> str:
    """Fixtures by later authors carry a letter in front of their slug: `de-b-slug.1.eml`."""
    slug = mail.template.partition("-")[2]
    return slug[0] if slug[1:2] == "-" else "first"


def by_author(mails: Sequence[Labelled]) -> Iterator[tuple[Any, Any]]:
    authors = np.array([author_of(mail) for mail in mails])
    for author in sorted(set(authors) - {"first"}):
        yield np.flatnonzero(authors != author), np.flatnonzero(authors == author)


HEAD = ["| features and model | mails | by template | language left out | author left out | seconds |", "|---|---|---|---|---|---|"]


def _write(row: str) -> None:
    """Put one variant's row into the table, in the place of an older one, so that a run that is stopped leaves what it measured."""
    before, table = DOCUMENT.read_text(encoding="utf-8").split(MARK)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    rows[row.split("|")[1].strip()] = row
    kept = [rows[variant.name] for variant in VARIANTS if variant.name in rows]
    DOCUMENT.write_text(before + MARK + "\n\n" + "\n".join([*HEAD, *kept]) + "\n", encoding="utf-8")


def main() -> None:
    warnings.filterwarnings("ignore")
    mails = load(shipped.fixtures(), read)
    truth = [mail.outcome.value for mail in mails]
    groups = [mail.template for mail in mails]
    later = np.flatnonzero([author_of(mail) != "first" for mail in mails])
    bench = Bench(mails)
    for variant in [variant for variant in VARIANTS if all(word in variant.name for word in sys.argv[1:])]:
        start = time.perf_counter()
        template = f1_score(truth, bench.predicted(variant, GroupKFold(5).split(mails, groups=groups)), average="macro")
        left_out = f1_score(truth, bench.predicted(variant, by_language(mails)), average="macro")
        guesses = bench.predicted(variant, by_author(mails))
        author = f1_score([truth[i] for i in later], [guesses[i] for i in later], average="macro")
        seconds = time.perf_counter() - start
        _write(f"| {variant.name} | {len(mails)} | {template:.3f} | {left_out:.3f} | {author:.3f} | {seconds:.0f} |")
        print(f"{variant.name}: {seconds:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
