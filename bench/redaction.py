"""Redact every labelled mail and read it again: is the answer the same, and is nothing left? `python -m bench.redaction`."""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.results_file import keep
from demur.judge import Judge
from ingest.decide import read
from ingest.redact import leftovers, redacted

FIXTURES = Path(__file__).parent.parent / "fixtures"
AT_ONCE = 200


def main() -> None:
    counts: Counter[str] = Counter()
    paths = sorted(FIXTURES.rglob("*.eml"))
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Path(folder), None, lambda *progress: None)
        for start in range(0, len(paths), AT_ONCE):
            counts += measured(judge, paths[start : start + AT_ONCE])
    names = ("mails", "same outcome", "same outcome and doubt", "same product, track, frame and language", "nothing left")
    keep("redaction", "Labelled mails before and after `demur redact`", [(name, str(counts[name])) for name in names])


def measured(judge: Judge, paths: list[Path]) -> Counter[str]:
    """What stayed the same, in these mails; differences go to stderr."""
    counts: Counter[str] = Counter()
    raws = [path.read_bytes() for path in paths]
    made = [redacted(raw) for raw in raws]
    before, after = [read(raw) for raw in raws], [read(raw) for raw in made]
    for path, new, one, other, old, now in zip(paths, made, before, after, judge(before), judge(after), strict=True):
        left = leftovers(new)
        kept = (one.product, one.track, one.frame, one.language) == (other.product, other.track, other.frame, other.language)
        counts["mails"] += 1
        counts["same outcome"] += old.outcome is now.outcome
        counts["same outcome and doubt"] += (old.outcome, old.abstained) == (now.outcome, now.abstained)
        counts["same product, track, frame and language"] += kept
        counts["nothing left"] += not left
        if not kept or left or (old.outcome, old.abstained) != (now.outcome, now.abstained):
            print(path, old.outcome, old.abstained, now.outcome, now.abstained, kept, left[:3], file=sys.stderr)
    return counts


if __name__ == "__main__":
    main()
