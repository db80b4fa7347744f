"""Numbers for Prometheus: requests by route, and counts out of the ledger. Never a label that names a person or a mailbox."""

import time
from collections import Counter as Tally
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.ledger import Ledger

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class LinkCounts(Collector):
    """What became of looking at form links; counted when asked."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        """Links by standing, probes by finding."""
        links = GaugeMetricFamily("demur_links", "Form links by what the probes of them add up to.", labels=["standing"])
        for standing, count in sorted(Tally(str(history.health.standing) for history in self._ledger.links.histories()).items()):
            links.add_metric([standing], count)
        probes = GaugeMetricFamily("demur_probes", "Probes of form links by finding, of the last 400 days.", labels=["finding"])
        for finding, count in sorted(self._ledger.links.counts().items()):
            probes.add_metric([finding], count)
        yield from (links, probes)


class NewsCounts(Collector):
    """What became of news on their way to those who are told; counted when asked."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        """Deliveries by fate."""
        found = GaugeMetricFamily("demur_news_deliveries", "Deliveries of news by fate, of the last 90 days.", labels=["fate"])
        for fate, count in sorted(self._ledger.outbox.counts().items()):
            found.add_metric([fate], count)
        yield found


class LedgerCounts(Collector):
    """How many users and cases are in which state, and how the mailboxes are; counted when asked."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterator[Metric]:
        """The families, with all their samples."""
        users = GaugeMetricFamily("demur_users", "Users with a case in this state.", labels=["state"])
        for state, count in sorted(self._ledger.record.users_by_state().items()):
            users.add_metric([state], count)
        cases = GaugeMetricFamily("demur_cases", "Cases by product and state.", labels=["product", "state"])
        for (product, state), count in sorted(self._ledger.record.state_counts().items()):
            cases.add_metric([product, state], count)
        mailboxes = GaugeMetricFamily("demur_mailboxes", "Mailboxes by state.", labels=["state"])
        for state, count in sorted(Tally(str(mailbox.state) for mailbox in self._ledger.mailboxes.all()).items()):
            mailboxes.add_metric([state], count)
        yield from (users, cases, mailboxes, *self._reading())

    def _reading(self) -> Iterator[Metric]:
        lag, backlog = self._ledger.reading.worst()
        yield GaugeMetricFamily("demur_mail_lag_seconds", "Arrival to storing, newest mail of the slowest folder.", value=lag)
        yield GaugeMetricFamily("demur_mail_backlog", "Mails that are known of and not read yet.", value=backlog)
        yield GaugeMetricFamily(
            "demur_mails_put_aside", "Mails that their servers do not give out.", value=self._ledger.reading.put_aside()
        )
        looks = [row.checked_at.timestamp() for row in self._ledger.mailboxes.all() if row.settings.kind == "imap" and row.checked_at]
        yield GaugeMetricFamily(
            "demur_oldest_look_timestamp_seconds", "When the longest unread mailbox was read.", value=min(looks, default=0)
        )


class Metrics:
    """The numbers of one application, in a registry of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(LedgerCounts(ledger))
        self.registry.register(LinkCounts(ledger))
        self.registry.register(NewsCounts(ledger))
        labels = ["method", "route"]
        self._requests = Counter("demur_http_requests", "Requests by route.", [*labels, "status"], registry=self.registry)
        self._seconds = Histogram("demur_http_request_seconds", "Seconds until the answer was sent.", labels, registry=self.registry)

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answered request under its route's template, never under the path that was asked for."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "") or "none"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """ASGI middleware that notes every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer: dict[str, Any] = {"status": 500}
        start = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.note(scope, answer["status"], time.perf_counter() - start)
