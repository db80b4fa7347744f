"""How long the server takes for the pages, and how much they weigh: `python -m bench.pages` writes bench/results/pages.md.

A ledger on SQLite with 1,000 cases (500 users, three mails each, a mailbox each), an administrator's session, the whole application in this
process: from the request to the last byte of the answer, median and 95th percentile of twenty after two to warm up. Weight: the page and all
that it loads, as sent (not compressed).
"""

import re
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from api.login import Sessions
from demur.composition import Composition
from demur.settings import Settings
from demur.web import services
from ledger.outcome import Product
from tests.api.world import World

USERS, ROUNDS = 500, 20
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RESULT = Path("bench/results/pages.md")
PAGES = {
    "first page": "/",
    "filtered by state": "/?state=confirmed",
    "search": "/?name=user04",
    "a later page": "/?after=user0250",
    "one user": "/users/user0001",
    "one case": "/users/user0001/cases/instagram/own_data",
    "one mail": "/users/user0001/messages/{sha256}",
    "review": "/review",
    "mailboxes": "/mailboxes",
    "model": "/models",
    "connect": "/connect",
}


def _filled(world: World) -> str:
    """1,000 cases: two for each user. Returns one mail."""
    sha256 = ""
    for number in range(USERS):
        name = f"user{number:04}"
        world.mailbox(f"{name}@example.org", name, looked=timedelta(minutes=3))
        first = ("confirmation", "rejection", "receipt", "notice")[number % 4]
        found = world.mail(name, "receipt", "2026-10-12", product=Product.FACEBOOK)
        world.mail(name, first, "2026-10-20")
        world.mail(name, "notice", "2026-09-20", abstained=number % 100 == 0)
        sha256 = found if number == 1 else sha256
    return sha256


def _weight(client: TestClient, text: str) -> int:
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    return len(text.encode()) + sum(len(client.get(path).content) for path in loaded)


def _line(client: TestClient, name: str, path: str) -> str:
    seconds = []
    for _ in range(ROUNDS + 2):
        started = time.perf_counter()
        answer = client.get(path, headers={"Accept": "text/html"})
        seconds.append(time.perf_counter() - started)
        assert answer.status_code == 200, (path, answer.status_code)
    kept = sorted(seconds[2:])
    p95 = kept[int(len(kept) * 0.95) - 1]
    return f"| {name} | {statistics.median(kept) * 1000:.0f} | {p95 * 1000:.0f} | {_weight(client, answer.text) / 1024:.0f} |"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = Composition(Settings(data=Path(folder)), now=lambda: NOW)
        sha256 = _filled(World(parts.ledger, NOW))
        sessions = Sessions()
        client = TestClient(create_app(services(parts, sessions)), base_url="http://127.0.0.1:8000")
        client.get(f"/login?token={sessions.new_link()}")
        lines = [_line(client, name, path.format(sha256=sha256)) for name, path in PAGES.items()]
        parts.close()
    head = ["# Pages", "", *str(__doc__).splitlines()[2:], "", "| page | median ms | 95 % ms | first view, KB |", "|---|---|---|---|"]
    RESULT.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
