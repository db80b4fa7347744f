"""Foreign mails: `python -m bench.corpora FOLDER` classifies a folder, then decides it with all sockets under guard but for DKIM keys.

Fails on any error, on any other connection, and where anything that nothing proves would move a case.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

from bench.judged import judged
from bench.results_file import keep
from bench.sockets import guarded_sockets
from demur.demo.nameserver import NameServer
from demur.judge import Judge
from ingest.folder import mails_in
from ingest.keys import Keys
from ledger.trust import Trust

AT_ONCE = 100


def classified(folder: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Rows of what `demur classify` makes of a folder, and its errors."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "demur", "classify", "--json", str(folder)], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [f"{line['path']}: {line['error']}" for line in lines if "error" in line]
    if done.returncode:
        errors.append(f"exit code {done.returncode}: {done.stderr[-500:]}")
    said = Counter((line["outcome"], line["abstained"]) for line in lines if "error" not in line)
    decisive = sum(count for (outcome, abstained), count in said.items() if outcome in ("confirmation", "rejection") and not abstained)
    rows = [("mails", str(len(lines))), ("errors", str(len(errors))), ("whole run", f"{seconds:.1f} s")]
    rows += [("confirmations and rejections decided", str(decisive))]
    return rows + [(f"{o}{' (abstained)' if abstained else ''}", str(count)) for (o, abstained), count in said.most_common()], errors


def guarded(folder: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Rows of what deciding a folder does while nothing but a name server (which knows no key) can be reached, and what is wrong."""
    trusts, moved = Counter[str](), list[str]()
    with NameServer({}) as server, tempfile.TemporaryDirectory() as data:
        host, port = server.address.rsplit(":", 1)
        judge, keys = Judge(Path(data), None, lambda step, done, total: None), Keys(((host, int(port)),))
        judge.model()
        with guarded_sockets((host, int(port))) as refused:
            raws = (mail.raw for mail in mails_in(folder) if mail.error is None)
            while some := list(islice(raws, AT_ONCE)):
                for one in judged(some, judge, keys):
                    trusts[one.decision.trust] += 1
                    if one.moves and one.decision.trust is not Trust.PROVEN:
                        moved.append(one.decision.sha256)
        rows = [("decided with sockets under guard", str(trusts.total())), ("connections tried, DNS for keys apart", str(len(refused)))]
        rows += [("keys asked for", str(len(set(server.asked)))), ("states moved by what nothing proves", str(len(moved)))]
    return rows + [(f"sender {trust}", str(count)) for trust, count in trusts.most_common()], [*refused, *moved]


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("give one folder: make corpora FOLDER=…")
    folder = Path(sys.argv[1])
    said, errors = classified(folder)
    decided, wrong = guarded(folder)
    keep("corpora", "Foreign mails through `demur classify`, and decided with sockets under guard", said + decided)
    for line in errors + wrong:
        print(line, file=sys.stderr)
    if errors or wrong:
        raise SystemExit(f"{len(errors)} errors, {len(wrong)} connections or states that must not be")


if __name__ == "__main__":
    main()
