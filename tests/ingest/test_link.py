"""Links without trackers and personal tokens, and the forms among them."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decide import form_of, read
from ingest.link import form_addresses, read_link, read_links, unwrapped
from ledger.forms import EXPLANATION, FORMS, GENERAL, Form
from ledger.message import Anchor, Link
from ledger.outcome import Product, Track
from tests.ingest.labelled import messages

FORM = "https://www.facebook.com/help/contact/712876720715583"
HELP = "https://help.instagram.com/contact/767264225370182"
WRAPPERS = {
    "Facebook's mail tracker": "https://www.facebook.com/n/?help%2Fcontact%2F712876720715583&aref=16&medium=email&mid=5f1&n_m=anna%40example.org",
    "Facebook's mail tracker, unescaped": "https://www.facebook.com/n/?help/contact/712876720715583&aref=16&mid=5f1",
    "Facebook's redirector": f"https://l.facebook.com/l.php?u={quote(FORM, safe='')}&h=AT1&fbclid=x",
    "Facebook's mobile redirector": f"https://lm.facebook.com/l.php?u={quote(FORM, safe='')}&h=AT1",
    "Facebook's warning": f"https://www.facebook.com/flx/warn/?u={quote(FORM, safe='')}&h=x",
    "Facebook's log-in": f"https://www.facebook.com/login/?next={quote(FORM, safe='')}",
    "Instagram's redirector": f"https://l.instagram.com/?u={quote(FORM, safe='')}&e=AT0",
    "Outlook's Safe Links": f"https://eur01.safelinks.protection.outlook.com/?url={quote(FORM, safe='')}&data=05%7C02%7Canna%40example.org&reserved=0",
    "Google's redirector": f"https://www.google.com/url?q={quote(FORM, safe='')}&source=gmail&ust=1",
    "all of them": "https://eur01.safelinks.protection.outlook.com/?url="
    + quote(
        f"https://l.facebook.com/l.php?u={quote('https://www.facebook.com/n/?help%2Fcontact%2F712876720715583&aref=1', safe='')}&h=1",
        safe="",
    )
    + "&data=1",
}


def link(url: str, text: str = "here") -> Link:
    found = read_link(Anchor(url, text))
    assert found
    return found


@pytest.mark.parametrize("name", WRAPPERS)
def test_the_form_behind_every_tracker_is_found(name: str) -> None:
    assert link(WRAPPERS[name]) == Link(FORM, "here", True, Product.FACEBOOK, Track.OWN_DATA)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_every_form_is_known_with_product_and_track(form: Form) -> None:
    assert link(form.url) == Link(form.url, "here", True, form.product, form.track)


@pytest.mark.parametrize(
    "url",
    [
        "https://de-de.facebook.com/help/contact/712876720715583",
        "https://m.facebook.com/help/contact/712876720715583/",
        "http://facebook.com/help/contact/712876720715583?locale=de_DE&fbclid=x",
        "https://www.facebook.com/help/contact/712876720715583#top",
        "https://www.facebook.com/help%2Fcontact%2F712876720715583",
        "https://www.facebook.com/help/contact/%37%31%32%38%37%36%37%32%30%37%31%35%35%38%33",
        "HTTPS://WWW.FACEBOOK.COM/help/contact/712876720715583",
        "https://www.facebook.com:443/help/contact/712876720715583",
        "https://anna:secret@www.facebook.com/help/contact/712876720715583",
        "https://help.meta.com/help/contact/712876720715583",
    ],
)
def test_a_form_is_the_same_on_every_host_of_metas_and_however_it_is_written(url: str) -> None:
    assert link(url).url == FORM


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com.evil.example/help/contact/712876720715583",
        "https://evil.example/help/contact/712876720715583",
        "https://evil.example/?u=https://www.facebook.com/help/contact/712876720715583",
        "https://www.facebook.com@evil.example/help/contact/712876720715583",
        "https://xn--fcebook-hwa.com/help/contact/712876720715583",
        "https://notfacebook.com/help/contact/712876720715583",
        "https://l.php.evil.example/l.php?u=https%3A%2F%2Fwww.facebook.com%2Fhelp%2Fcontact%2F712876720715583",
    ],
)
def test_a_form_on_a_strangers_host_is_no_form(url: str) -> None:
    assert not link(url).form


def test_a_form_that_we_do_not_know_is_a_form_without_product() -> None:
    assert link("https://www.facebook.com/help/contact/999999999999999?x=1") == Link(
        "https://www.facebook.com/help/contact/999999999999999", "here", True
    )


@pytest.mark.parametrize(
    ("url", "form"),
    [(EXPLANATION, True), (GENERAL, True), (EXPLANATION + "/?entry=mail", True), ("https://www.facebook.com/privacy/policy", False)],
)
def test_pages_that_lead_to_the_forms_are_recognised(url: str, form: bool) -> None:
    assert link(url).form is form


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://www.instagram.com/accounts/x?uid=1&nonce=secret&locale=de", "https://www.instagram.com/accounts/x?locale=de"),
        ("https://a.example/b?token=secret&id=7#frag", "https://a.example/b?id=7"),
        ("https://a.example/b?id=anna%40example.org", "https://a.example/b"),
        ("https://a.example/b?id=" + "x" * 50, "https://a.example/b"),
        ("https://user:secret@a.example/b", "https://a.example/b"),
        ("https://A.Example:8443/b", "https://a.example:8443/b"),
    ],
)
def test_what_may_log_somebody_in_is_removed(url: str, clean: str) -> None:
    assert link(url).url == clean


@pytest.mark.parametrize(
    "url",
    [
        "mailto:a@b.c",
        "tel:123",
        "javascript:alert(1)",
        "data:text/html,x",
        "#top",
        "",
        "/help/contact/712876720715583",
        "http://",
        "https://[x",
        "http://a:99999999/",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert read_link(Anchor(url, "here")) is None


def test_a_tracker_that_wraps_itself_ends() -> None:
    url = "https://www.facebook.com/n/?n/"
    for _ in range(30):
        url = f"https://l.facebook.com/l.php?u={quote(url, safe='')}"
    assert unwrapped(url).startswith("https://")


def test_each_address_stands_once_with_the_first_words_that_it_has() -> None:
    links = read_links([Anchor(FORM, ""), Anchor(FORM + "?fbclid=1", "object"), Anchor(FORM, "here"), Anchor(HELP, "Instagram")])
    assert [(found.url, found.text) for found in links] == [(FORM, "object"), (HELP, "Instagram")]


def test_no_link_of_any_fixture_carries_a_token_or_an_address() -> None:
    shown = [found.url for _, message in messages() for found in message.links]
    assert len(shown) > 100
    assert not [
        url for url in shown if any(mark in url for mark in ("@", "%40", "mid=", "bcode=", "fbclid", "aref", "data=", "h=AT", "safelinks"))
    ]


HOSTS = st.sampled_from(
    ["www.facebook.com", "l.facebook.com", "evil.example", "[::1]", "[x", "a:b", "ﬀ.com", "eur01.safelinks.protection.outlook.com", ""]
)
PIECES = st.sampled_from(
    [
        "/n/?",
        "/l.php?u=",
        "%",
        "%2F",
        "%ZZ",
        "?url=",
        "&",
        "=",
        "\ud800",
        "\0",
        "#",
        "@",
        "//",
        "help/contact/",
        "712876720715583",
        "http://",
        "next=",
        "\u2100",
        "?id=",
        "&locale=",
    ]
)


@given(HOSTS, st.lists(PIECES | st.text(max_size=5), max_size=12))
@settings(max_examples=500, deadline=None)
def test_hostile_addresses_never_raise(host: str, pieces: list[str]) -> None:
    found = read_link(Anchor(f"https://{host}" + "".join(pieces), "x"))
    assert found is None or found.url.startswith(("http://", "https://"))


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_as_an_address_never_raises(url: str) -> None:
    read_link(Anchor(url, "x"))


def _page(body: str) -> bytes:
    return f"From: a@facebookmail.com\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{body}</p>".encode()


@pytest.mark.parametrize(
    "body",
    [
        f"Object here: {FORM}.",
        "Object at facebook.com/help/contact/712876720715583, please",
        "(www.facebook.com/help/contact/712876720715583)",
        f"Nothing here: <a href='https://example.org/'>example</a>, but there: {FORM}",
    ],
)
def test_an_address_that_is_only_written_in_a_page_is_a_link(body: str) -> None:
    assert FORM in [link.url for link in read(_page(body)).links]


@pytest.mark.parametrize(
    "body",
    [
        f"<a href='https://evil.example/'>{FORM}</a>",
        "anna@facebook.com/help/contact/712876720715583",
        "evil.example/facebook.com/help/contact/712876720715583",
        "notfacebook.com/help/contact/712876720715583",
    ],
)
def test_what_a_link_is_called_or_only_ends_like_a_form_is_none(body: str) -> None:
    assert [link.url for link in read(_page(body)).links if link.form] == []


@pytest.mark.parametrize("url", ["https://privacycenter.instagram.com/privacy/genai/", "https://www.facebook.com/n/?privacy/genai&aref=1"])
def test_a_page_that_leads_to_forms_has_one_address(url: str) -> None:
    assert link(url).url == EXPLANATION


def test_the_forms_of_a_mail_are_kept_without_what_stands_behind_them() -> None:
    links = read_links(
        [Anchor("https://www.facebook.com/help/contact/999999999999999?locale=de_DE", ""), Anchor(FORM, ""), Anchor(FORM + "/", "")]
    )
    assert form_addresses(links) == ("https://www.facebook.com/help/contact/999999999999999", FORM)


def test_the_form_of_a_case_is_its_products_own() -> None:
    body = f"Facebook: {FORM} Instagram: {HELP}"
    message = replace(read(_page(body)), product=Product.INSTAGRAM)
    assert form_of(message) == HELP
    assert form_of(replace(message, product=Product.WHATSAPP)) == FORM
