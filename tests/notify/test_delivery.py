"""News get there: signed, in order, again after failures, under one name after a crash, and never into the own network."""

import logging
import random
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from demur.notify.notifier import FIRST_PAUSE, GIVEN_UP, MOST_PATIENCE, pause_after
from demur.notify.post import Answer
from ledger.lease import lease
from ledger.outcome import Outcome
from tests.ledger.archive import CANARY
from tests.notify.conftest import HOOK, Office
from tests.rig.free import until
from tests.rig.receiver import HOSTS, SECRET, taken

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def news(office: Office) -> Office:
    """One piece of news that is not told yet."""
    office.mail(Outcome.NOTICE, 0)
    office.begun()
    office.mail(Outcome.CONFIRMATION, 2)
    return office


def test_a_message_is_signed_as_standard_webhooks_says_and_its_change_is_noticed(news: Office) -> None:
    assert len(news.turn(minutes=1)) == 1
    ((_, headers, body),) = news.rig.server.calls
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("confirmed", "rejected"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {"webhook-id": "msg_other"})


def test_after_an_error_the_same_message_comes_again_later_under_the_same_name(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(500)
    assert len(news.turn(minutes=1)) == 1
    assert news.turn(seconds=5) == []
    assert len(news.turn(seconds=60)) == 1
    news.rig.server.play = taken
    assert len(news.turn(minutes=5)) == 1
    assert news.turn(days=1) == []
    assert len(set(news.rig.ids)) == 1
    assert len({body for _, _, body in news.rig.server.calls}) == 1
    assert news.ledger.outbox.counts() == {"delivered": 1}


def test_a_receiver_that_asks_for_rest_is_given_it(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(429, Retry_After="7200")
    assert len(news.turn(minutes=1)) == 1
    news.rig.server.play = taken
    assert news.turn(minutes=119) == []
    assert len(news.turn(minutes=2)) == 1


def test_of_several_news_the_first_is_tried_alone_until_it_is_taken(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(503)
    news.mail(Outcome.NOTICE, 2, name="ben")
    assert [told["data"]["user"] for told in news.turn(minutes=1)] == ["anna"]
    news.rig.server.play = taken
    assert [told["data"]["user"] for told in news.turn(minutes=5)] == ["anna", "ben"]


def test_a_receiver_that_is_gone_is_sent_nothing_more_until_a_test_reaches_it(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(410)
    assert len(news.turn(minutes=1)) == 1
    news.rig.server.play = taken
    news.mail(Outcome.NOTICE, 2, name="ben")
    assert news.turn(days=1) == []
    assert [answer.taken for _, answer in news.notifier.test()] == [True]
    news.mail(Outcome.CONFIRMATION, 2, name="ben")
    assert [told["data"]["user"] for told in news.turn(minutes=1)] == ["ben"]


def test_a_redirect_is_not_followed(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(307, Location=f"https://{HOSTS[1]}/elsewhere")
    assert len(news.turn(minutes=1)) == 1
    assert [path for path, _, _ in news.rig.server.calls] == [f"/in/{CANARY}"]
    (waiting,) = news.ledger.outbox.waiting()
    assert "redirects are not followed" in waiting.detail


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.9", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_that_leads_into_the_own_network_is_sent_nothing(news: Office, address: str) -> None:
    news.rig.names.lead(HOSTS[0], [address])
    assert news.turn(minutes=1) == []
    (waiting,) = news.ledger.outbox.waiting()
    assert "not on the public internet" in waiting.detail
    assert news.rig.dialled == []
    assert news.rig.trap.caught == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.1:8443", "169.254.169.254"])
def test_a_private_address_written_as_such_is_sent_nothing(news: Office, host: str) -> None:
    news.open(urls=f"webhook+https://{host}/x#{SECRET}")
    ((_, answer),) = news.notifier.test()
    assert not answer.taken
    assert "not on the public internet" in answer.detail
    assert news.rig.dialled == []


@pytest.mark.parametrize("url", ["json://127.0.0.1:{port}/x", "jsons://localhost:{port}/", "gotify://localhost:{port}/Axxxxxxxxxxxxxx"])
def test_a_service_of_apprise_in_the_own_network_is_asked_nothing(news: Office, url: str) -> None:
    news.open(urls=url.format(port=news.rig.trap.port))
    ((_, answer),) = news.notifier.test()
    assert not answer.taken
    assert answer.detail.startswith("not sent: ") or "DNS has no address" in answer.detail
    assert news.rig.trap.caught == 0


def test_who_is_killed_between_sending_and_marking_sends_the_same_again(news: Office, key: str) -> None:
    children: list[subprocess.Popen[bytes]] = []
    known = threading.Event()

    def kill(call: object) -> None:
        known.wait(10)
        children[0].kill()
        children[0].wait()

    news.rig.server.play = kill
    names = ":".join(map(str, news.rig.names.address))
    given = [str(news.ledger.data), names, str(news.rig.port), str(news.rig.certificate), HOOK, key, news.now.isoformat()]
    children.append(subprocess.Popen([sys.executable, "-m", "tests.notify.child", *given], cwd=ROOT))
    known.set()
    until(lambda: children[0].poll() is not None, 30, "the kill")
    assert len(news.rig.ids) == 1
    news.rig.server.play = taken
    assert len(news.turn(minutes=1)) == 1
    assert len(set(news.rig.ids)) == 1
    assert news.turn(days=1) == []


def test_only_one_process_tells(news: Office) -> None:
    with lease(news.ledger.database, news.ledger.data, "notify") as held:
        assert held
        assert news.turn(minutes=1) == []
    assert len(news.turn(minutes=1)) == 1


def test_every_target_gets_everything_and_one_that_fails_stops_no_other(news: Office) -> None:
    news.open(urls=f"{HOOK}, webhook+https://{HOSTS[1]}/b#{SECRET}")
    news.rig.server.play = lambda call: call.answer(500) if call.path != "/b" else taken(call)
    assert len(news.turn(minutes=1)) == 2
    assert news.ledger.outbox.counts() == {"delivered": 1, "pending": 1}


def test_what_waits_for_a_target_that_was_taken_away_is_dropped(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(500)
    news.turn(minutes=1)
    news.open(urls=f"webhook+https://{HOSTS[1]}/b#{SECRET}")
    news.rig.server.play = taken
    assert news.turn(hours=1) == []
    assert news.ledger.outbox.counts() == {"dropped": 1}


def test_after_five_days_a_message_is_given_up_and_stays_in_the_list(news: Office) -> None:
    news.rig.server.play = lambda call: call.answer(500)
    news.turn(minutes=1)
    news.turn(days=GIVEN_UP.days, hours=1)
    assert [each.state for each in news.ledger.outbox.waiting() if each.kind == "case.changed"] == ["failed"]


def test_no_address_is_ever_logged(news: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    news.rig.server.play = lambda call: call.answer(500)
    news.turn(minutes=1)
    news.rig.server.play = taken
    news.turn(minutes=5)
    assert "case.changed" in caplog.text
    assert CANARY not in caplog.text
    assert SECRET not in caplog.text
    assert CANARY not in repr(news.targets())


def test_a_running_notifier_tells_until_it_is_stopped(news: Office) -> None:
    from demur.composition import utc_now
    from demur.notify.notifier import Notifier
    from demur.notify.post import Post

    notifier = Notifier(news.ledger, news.targets(), Post(news.rig.line, utc_now, 5), lambda: news.now, question=0.05)
    thread = threading.Thread(target=notifier.run)
    thread.start()
    until(lambda: news.ledger.outbox.counts() == {"delivered": 1}, what="the news")
    notifier.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_pauses_double_and_are_as_long_as_the_receiver_asks() -> None:
    chance = random.Random(1)
    pauses = [pause_after(attempts, Answer(False, ""), chance) for attempts in range(30)]
    assert FIRST_PAUSE * 0.8 <= pauses[0] <= FIRST_PAUSE * 1.2
    assert pauses[4] > pauses[0] * 8
    assert max(pauses) < timedelta(hours=8)
    assert pause_after(0, Answer(False, "", retry_after=3600), chance) == timedelta(hours=1)
    assert pause_after(0, Answer(False, "", retry_after=9e8), chance) == MOST_PATIENCE
