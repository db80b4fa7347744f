"""Show what the concept lexicon sees in mails, clause by clause, and the words it does not know: `python -m bench.concepts_of MAIL…`."""

import argparse
from collections import defaultdict
from pathlib import Path

from ingest.decide import read
from ledger.message import Hit
from ledger.text import words_of


def clauses(text: str, hits: tuple[Hit, ...]) -> list[tuple[str, list[str], list[str]]]:
    """(text of the clause, concepts, words that no concept covers) for every clause."""
    words = words_of(text)
    spans: dict[int, list[int]] = defaultdict(list)
    for index, clause in enumerate(words.clause):
        spans[clause].append(index)
    found = []
    for clause, indices in spans.items():
        own = [hit for hit in hits if hit.clause == clause]
        covered = [(hit.start, hit.end) for hit in own]
        bare = [words.folded[i] for i in indices if not any(a <= words.start[i] < b for a, b in covered) and len(words.folded[i]) > 3]
        start, end = words.span(indices[0], indices[-1])
        found.append((text[start:end], [hit.concept for hit in own], bare))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mails", nargs="+", type=Path)
    for path in parser.parse_args().mails:
        message = read(path.read_bytes())
        print(f"## {path.parent.name}/{path.name} [{message.language}] {message.frame}")
        for text, hits in ((message.subject, message.subject_hits), (message.text, message.hits)):
            for clause, concepts, bare in clauses(text, hits):
                print(f"  {clause}\n      = {' '.join(concepts)}   ? {' '.join(bare)}")
        print("  phrases:", [(phrase.text, phrase.outcome.value, phrase.conditional) for phrase in message.phrases])


if __name__ == "__main__":
    main()
