"""How many mails that matter are fetched, and how many that do not: `python -m bench.candidates`.

All fixtures and a corpus of ordinary mail are put into a mailbox on a real Dovecot and read the way the worker reads them: headers
first, then the lists of attachments, then the bodies of the candidates.
"""

import shutil

from bench.results_file import keep
from tests.ingest.accounts import opened
from tests.ingest.candidates import Measured, labelled_mails, measure, ordinary_mails
from tests.rig.dovecot import Dovecot, new_home


def run() -> Measured:
    """Measure on a Dovecot of its own."""
    server = Dovecot(new_home())
    server.start()
    try:
        cases = [*labelled_mails(), *ordinary_mails()]
        return measure(cases, lambda raw: server.deliver("corpus", raw), lambda: opened(server, "corpus"))
    finally:
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)


def main() -> None:
    """Measure, print and keep."""
    measured = run()
    rows = [
        ("mails that Meta wrote or gets, passed on or attached ones included", f"{measured.wanted}"),
        ("of these fetched (recall)", f"{measured.recall:.1%}"),
        ("missed", ", ".join(measured.missed) or "none"),
        ("ordinary mails (shops, banks, newsletters, friends)", f"{measured.ordinary}"),
        ("of these left alone", f"{measured.specificity:.1%}"),
        ("ordinary, but fetched", ", ".join(measured.intruders) or "none"),
        ("near misses, and friends who write about it (they decide nothing)", f"{measured.others}"),
        ("of these fetched", f"{measured.others_fetched}"),
    ]
    keep("candidates", "Which mails are fetched", rows)


if __name__ == "__main__":
    main()
