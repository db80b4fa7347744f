"""Classify a folder of foreign mails and count what came out: `python -m bench.corpora FOLDER`. Fails on any error object."""

import json
import subprocess
import sys
import time
from collections import Counter

from bench.results_file import keep


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("give one folder: make corpora FOLDER=…")
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "demur", "classify", "--json", sys.argv[1]], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [line for line in lines if "error" in line]
    said = Counter((line["outcome"], line["abstained"]) for line in lines if "error" not in line)
    decisive = sum(count for (outcome, abstained), count in said.items() if outcome in ("confirmation", "rejection") and not abstained)
    rows = [
        ("mails", str(len(lines))),
        ("errors", str(len(errors))),
        ("whole run", f"{seconds:.1f} s"),
        ("confirmations and rejections decided", str(decisive)),
    ]
    rows += [(f"{outcome}{' (abstained)' if abstained else ''}", str(count)) for (outcome, abstained), count in said.most_common()]
    keep("corpora", "Foreign mails through `demur classify`", rows)
    for line in errors:
        print(f"{line['path']}: {line['error']}", file=sys.stderr)
    if errors or done.returncode:
        raise SystemExit(f"{len(errors)} errors, exit code {done.returncode}: {done.stderr[-500:]}")


if __name__ == "__main__":
    main()
