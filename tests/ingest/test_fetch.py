"""Looking at a form over real TLS on loopback: the right finding for every way to answer, and nothing asked that must not be."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ingest.address import Resolver, is_public
from ingest.fetch import MAX_BYTES, Fetched, Fetcher
from ingest.line import Line
from ingest.probe import allowed, may_be_probed
from ledger.forms import EXPLANATION, FORMS, GENERAL
from ledger.probe import Finding
from tests.rig.forms import HOSTS, PUBLIC, Forms, Play, forms

FORM = "https://www.facebook.com/help/contact/712876720715583"
PATH = "/help/contact/712876720715583"
OTHER = "https://help.instagram.com/contact/767264225370182"
FIELDS = '<form method="post"><input type="email" name="mail"><textarea name="why"></textarea><button>Send</button></form>'
NAVIGATION = '<nav><form role="search"><input type="search" name="q"></form><a href="/login/">Log in</a></nav>'
SEARCH = '<form><input type="text" name="search_query"><select name="locale"></select></form>'


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    with forms(tmp_path_factory.mktemp("forms")) as started:
        yield started


@pytest.fixture
def site(rig: Forms) -> Forms:
    """The rig as at the start."""
    rig.reset()
    return rig


def look(site: Forms, play: Play, url: str = FORM, deadline: float = 10.0) -> Fetched:
    site.server.play = play
    return Fetcher(site.line, deadline).look(url)


def page(body: str, status: int = 200, title: str = "Meta", **headers: str) -> Play:
    return lambda visit: visit.answer(status, f"<html><head><title>{title}</title></head><body>{NAVIGATION}{body}</body></html>", **headers)


def redirect(target: str, status: int = 302) -> Play:
    """The form's address leads on; everything else is a working form."""
    return lambda visit: (
        visit.answer(status, Location=target) if visit.path == PATH and "www.facebook" in visit.headers["Host"] else page(FIELDS)(visit)
    )


PLAYS: dict[str, tuple[Play, Finding]] = {
    "the form": (page(FIELDS), Finding.OK),
    "the form, whose script speaks of errors": (page(f"<script>var e='something went wrong';</script>{FIELDS}"), Finding.OK),
    "the form, which explains errors": (page(f"<p>If something went wrong, write again.</p>{FIELDS}"), Finding.OK),
    "the form behind another host of the same": (redirect("https://m.facebook.com/help/contact/712876720715583"), Finding.OK),
    "a relative redirect to itself with a slash": (redirect(PATH + "/"), Finding.OK),
    "a log-in page": (redirect("https://www.facebook.com/login/?next=x"), Finding.NEEDS_LOGIN),
    "a log-in page, relative": (redirect("/login.php?next=x", 301), Finding.NEEDS_LOGIN),
    "Instagram's log-in page": (redirect("https://www.instagram.com/accounts/login/?next=x"), Finding.NEEDS_LOGIN),
    "a log-in wall with 200": (page('<form><input name="email"><input type="password" name="pass"></form>'), Finding.NEEDS_LOGIN),
    "a log-in wall that says something else above": (
        page("<h1>This content isn't available right now</h1><form><input type='password' name='pass'></form>"),
        Finding.NEEDS_LOGIN,
    ),
    "a log-in wall in words": (page("<p>You must log in to continue.</p>"), Finding.NEEDS_LOGIN),
    "a German log-in wall": (page("<p>Du musst dich anmelden, um fortzufahren</p>"), Finding.NEEDS_LOGIN),
    "401": (page("", 401), Finding.NEEDS_LOGIN),
    "not for this country": (page("<p>This form isn’t available in your country.</p>"), Finding.REGION_LOCKED),
    "451": (page("", 451), Finding.REGION_LOCKED),
    "404": (page(FIELDS, 404), Finding.REMOVED),
    "410": (page("", 410), Finding.REMOVED),
    "English, with 200": (page("<h2>Sorry, this page isn't available.</h2>" + SEARCH), Finding.REMOVED),
    "Facebook's English": (page("<b>This content isn’t available right now</b>"), Finding.REMOVED),
    "German": (page("<p>Diese Seite ist leider nicht verfügbar.</p>"), Finding.REMOVED),
    "French": (page("<p>Cette page n’est malheureusement pas disponible.</p>"), Finding.REMOVED),
    "Spanish": (page("<p>Esta página no está disponible.</p>"), Finding.REMOVED),
    "Italian": (page("<p>Questa pagina non è disponibile.</p>"), Finding.REMOVED),
    "Dutch": (page("<p>Deze pagina is niet beschikbaar.</p>"), Finding.REMOVED),
    "Polish": (page("<p>Ta strona jest niedostępna</p>"), Finding.REMOVED),
    "Greek": (page("<p>Αυτή η σελίδα δεν είναι διαθέσιμη</p>"), Finding.REMOVED),
    "the start page": (redirect("https://www.facebook.com/"), Finding.REMOVED),
    "the help centre": (redirect("/help/"), Finding.REMOVED),
    "another form": (redirect(OTHER, 301), Finding.MOVED),
    "the page that replaced it": (redirect(GENERAL, 301), Finding.BLOCKED),
    "500": (page("", 500), Finding.FORM_ERROR),
    "an error with 200": (page("<h1>Sorry, something went wrong.</h1>"), Finding.FORM_ERROR),
    "a Swedish error with 200": (page("<h1>Något gick fel</h1>"), Finding.FORM_ERROR),
    "403": (page("", 403), Finding.BLOCKED),
    "400": (page("", 400), Finding.BLOCKED),
    "a captcha": (page('<div class="g-recaptcha"></div>' + FIELDS), Finding.BLOCKED),
    "a captcha in words": (page("<p>Please confirm you’re not a robot</p>"), Finding.BLOCKED),
    "a checkpoint": (redirect("/checkpoint/?next=x"), Finding.BLOCKED),
    "a page that says nothing known": (page("<p>Welcome.</p>"), Finding.BLOCKED),
    "an empty page": (lambda visit: visit.answer(200), Finding.BLOCKED),
    "429": (page("", 429, Retry_After="3600"), Finding.RATE_LIMITED),
    "a redirect to itself without end": (lambda visit: visit.answer(302, Location=visit.path), Finding.UNREACHABLE),
    "a redirect without a target": (lambda visit: visit.answer(302), Finding.BLOCKED),
    "a broken status line": (lambda visit: visit.wfile.write(b"nonsense\r\n\r\n"), Finding.UNREACHABLE),
    "nothing at all": (lambda visit: None, Finding.UNREACHABLE),
}


@pytest.mark.parametrize("name", PLAYS)
def test_every_way_to_answer_is_told_from_the_others(site: Forms, name: str) -> None:
    play, finding = PLAYS[name]
    if name == "the page that replaced it":
        inner = redirect(GENERAL, 301)
        found = look(site, lambda visit: page("<p>Privacy requests</p>")(visit) if "support" in visit.path else inner(visit))
    else:
        found = look(site, play)
    assert found.judgement.finding is finding, found
    assert len(found.judgement.excerpt) <= 200
    assert site.forbidden == 0
    assert found.address == PUBLIC


@pytest.mark.parametrize("url", [EXPLANATION, GENERAL])
def test_a_page_that_leads_to_forms_works_when_it_answers(site: Forms, url: str) -> None:
    assert look(site, page("<p>Your rights</p>"), url).judgement.finding is Finding.OK
    assert look(site, page("<p>This page isn't available</p>"), url).judgement.finding is Finding.REMOVED


REDIRECTS_AWAY = [
    "https://127.0.0.1/",
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::1]:{port6}/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://localhost:{port}/",
    "https://www.facebook.com@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@www.facebook.com/",
    "https://user:secret@www.facebook.com/help/contact/712876720715583",
    "https://www.facebook.com:{port}/",
    "https://www.facebook.com.evil.example/",
    "https://evilfacebook.com/",
    "https://xn--fcebook-hwa.com/",
    "https://fаcebook.com/",
    "https://www.facebook.com./help/contact/712876720715583",
    "https://evil.example/help/contact/712876720715583",
    "//evil.example/help/contact/712876720715583",
    "http://www.facebook.com/help/contact/712876720715583",
    "ftp://www.facebook.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://www.instagram.com/_n/login?uid=1&token=2",
    "https://[",
    "https://www.facebook.com:99999/",
]


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("target", REDIRECTS_AWAY)
def test_no_redirect_leads_away_from_the_form_hosts(site: Forms, target: str, status: int) -> None:
    place = target.format(port=site.trap.port, port6=site.trap6.port)
    found = look(site, redirect(place, status))
    assert found.judgement.finding is Finding.UNREACHABLE
    assert len(site.server.asked) == 1
    assert site.dialled == [PUBLIC]
    assert site.forbidden == 0


PRIVATE = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.1.1", "0.0.0.0", "224.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "fe80::1", "fd00::1"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_the_own_network_is_not_asked(site: Forms, address: str) -> None:
    assert not is_public(address)
    site.names.lead("www.facebook.com", [address])
    assert look(site, page(FIELDS)).judgement.finding is Finding.UNREACHABLE
    site.names.lead("www.facebook.com", [PUBLIC, address])
    assert look(site, page(FIELDS)).judgement.finding is Finding.UNREACHABLE
    assert site.server.asked == []
    assert site.dialled == []


def test_a_name_is_asked_once_for_a_hop_and_the_answer_kept_for_the_connection(site: Forms) -> None:
    site.names.lead("www.facebook.com", [PUBLIC], ["127.0.0.1"])
    assert look(site, page(FIELDS)).judgement.finding is Finding.OK
    assert site.names.asked["www.facebook.com"] == 1
    assert site.dialled == [PUBLIC]


def test_a_name_that_turns_inwards_between_two_hops_is_not_followed(site: Forms) -> None:
    site.names.lead("www.facebook.com", [PUBLIC], ["127.0.0.1"])
    found = look(site, redirect(PATH + "/"))
    assert found.judgement.finding is Finding.UNREACHABLE
    assert found.hops == ("www.facebook.com", "www.facebook.com")
    assert site.dialled == [PUBLIC]
    assert site.forbidden == 0


def test_the_older_family_of_addresses_is_tried_first_and_the_other_where_it_does_not_answer(site: Forms) -> None:
    modern = "2a03:2880:f10d:83:face:b00c:0:25de"
    site.names.lead("www.facebook.com", [modern, PUBLIC])
    assert look(site, page(FIELDS)).address == PUBLIC
    with socket.create_server(("127.0.0.1", 0)) as unused:
        silent = unused.getsockname()[1]
    places = {PUBLIC: ("127.0.0.1", silent), modern: ("127.0.0.1", site.server.server_address[1])}
    found = Fetcher(Line(site.line.addresses, lambda address, port: places[address], site.context)).look(FORM)
    assert (found.judgement.finding, found.address) == (Finding.OK, modern)


def test_a_name_without_an_address_is_unreachable(site: Forms) -> None:
    site.names.answers.clear()
    assert look(site, page(FIELDS)).judgement.finding is Finding.UNREACHABLE


def test_another_hosts_certificate_is_not_believed(site: Forms) -> None:
    site.names.lead("de-de.facebook.com", [PUBLIC])
    found = look(site, page(FIELDS), "https://de-de.facebook.com/help/contact/712876720715583")
    assert found.judgement.finding is Finding.UNREACHABLE
    assert site.server.asked == []


def test_the_request_says_who_asks_and_nothing_else(site: Forms) -> None:
    look(site, redirect("https://m.facebook.com/help/contact/712876720715583"))
    (first, path, headers), (second, _, again) = site.server.asked
    assert (first, second, path) == ("www.facebook.com", "m.facebook.com", PATH)
    assert headers["user-agent"].startswith("Demur/")
    for sent in (headers, again):
        assert sent.keys() == {"host", "user-agent", "accept", "accept-language", "accept-encoding", "connection"}


def test_the_pause_that_a_site_asks_for_is_passed_on(site: Forms) -> None:
    assert look(site, page("", 429, Retry_After="3600")).retry_after == 3600


@pytest.mark.parametrize(
    "play",
    [
        lambda visit: (visit.answer(200, ""), visit.drip(b" ", 0.02)),
        lambda visit: (visit.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"), visit.drip(b" ", 0.02)),
        lambda visit: (visit.wfile.write(b"HTTP/1.1 200 OK\r\nX: "), visit.drip(b"y", 0.02)),
        lambda visit: visit.drip(b"", 0.02),
    ],
    ids=["after the body", "in the body", "in the headers", "before anything"],
)
def test_a_server_that_drips_is_left_at_the_deadline(site: Forms, play: Play) -> None:
    start = time.monotonic()
    found = look(site, play, deadline=0.6)
    assert time.monotonic() - start < 2.5
    assert found.judgement.finding in (Finding.UNREACHABLE, Finding.BLOCKED)


def test_a_handshake_that_never_ends_is_left_at_the_deadline(site: Forms) -> None:
    line = Line(lambda host: [PUBLIC], lambda address, port: ("127.0.0.1", silent.getsockname()[1]), site.context)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert Fetcher(line, 0.5).look(FORM).judgement.finding is Finding.UNREACHABLE
        assert time.monotonic() - start < 2.5


def test_a_body_without_end_is_read_to_its_limit_and_judged_by_that(site: Forms) -> None:
    sent = threading.Event()

    def endless(visit: object) -> None:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + FIELDS.encode())  # type: ignore[attr-defined]
        try:
            for _ in range(64):
                visit.wfile.write(b" " * MAX_BYTES)  # type: ignore[attr-defined]
        except OSError:
            sent.set()

    assert look(site, endless).judgement.finding is Finding.OK
    assert sent.wait(5), "the rest was read, too"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_every_known_form_may_be_probed(form: object) -> None:
    assert may_be_probed(form.url)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url",
    [
        FORM + "?token=1",
        FORM + "#x",
        FORM.replace("https", "http"),
        "https://www.facebook.com/n/?help/contact/712876720715583",
        "https://www.instagram.com/_n/objection?uid=1&token=2",
        "https://www.facebook.com/confirmemail.php",
        "https://evil.example/help/contact/712876720715583",
        "https://www.facebook.com:8443/help/contact/712876720715583",
        "https://anna@www.facebook.com/help/contact/712876720715583",
        "https://www.facebook.com/privacy/center",
        "",
    ],
)
def test_only_plain_form_addresses_may_be_probed(url: str) -> None:
    assert not may_be_probed(url)


def test_the_table_of_hosts_holds_every_host_of_the_rig_and_no_look_alike() -> None:
    assert all(allowed(host) for host in HOSTS)
    assert not any(
        allowed(host) for host in ("facebook.com.evil.example", "notfacebook.com", "127.0.0.1", "", "facebook.com.", "FACEBOOK.COM")
    )


def test_the_resolver_asks_only_the_servers_it_is_given(site: Forms) -> None:
    assert list(Resolver((site.names.address,)).addresses("www.facebook.com")) == [PUBLIC]
