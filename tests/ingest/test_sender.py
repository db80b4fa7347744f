"""Who a mail says it is from, whatever tricks its From header plays. Nothing here is proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sender import domain_of, is_meta, mailboxes_in, meta_domain, only_sender


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("facebookmail.com", "facebookmail.com"),
        ("support.facebook.com", "facebook.com"),
        ("mail.instagram.com", "instagram.com"),
        ("support.whatsapp.com", "whatsapp.com"),
        ("account.meta.com", "meta.com"),
        ("metamail.com", "metamail.com"),
        ("facebookmail.com.evil.example", None),
        ("evilfacebookmail.com", None),
        ("notmeta.com", None),
        ("facebook.mail.com", None),
        ("faceb00kmail.com", None),
        ("fаcebookmail.com", None),
        ("FACEBOOKMAIL.COM", None),
        (".facebookmail.com", None),
        ("facebookmail.com.", None),
        ("x..facebookmail.com", None),
        ("", None),
        ("com", None),
    ],
)
def test_only_metas_own_domains_and_what_lies_under_them_are_metas(domain: str, organisation: str | None) -> None:
    assert meta_domain(domain) == organisation


def test_the_domain_of_an_address_is_what_follows_the_last_at() -> None:
    assert domain_of("a@facebookmail.com@evil.example") == "evil.example"
    assert domain_of("Anna@Example.ORG") == "example.org"
    assert domain_of("anna") == ""
    assert not is_meta("facebookmail.com")


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        (["Facebook <notification@facebookmail.com>"], "notification@facebookmail.com"),
        (["notification@facebookmail.com"], "notification@facebookmail.com"),
        (["<Notification@FacebookMail.com>"], "notification@facebookmail.com"),
        (['"Meta, Inc." <a@facebookmail.com>'], "a@facebookmail.com"),
        (["a@facebookmail.com (Meta)"], "a@facebookmail.com"),
        (["evil@evil.example (support@facebookmail.com)"], "evil@evil.example"),
        (["=?utf-8?q?support=40facebookmail.com?= <evil@evil.example>"], "evil@evil.example"),
        (["support@facebookmail.com.evil.example"], "support@facebookmail.com.evil.example"),
    ],
)
def test_one_plain_address_is_the_sender(headers: list[str], address: str) -> None:
    assert only_sender(headers)[::2] == (address, None)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["a@facebookmail.com", "b@evil.example"],
        ["a@facebookmail.com", "a@facebookmail.com"],
        ["a@facebookmail.com, b@evil.example"],
        ["<a@facebookmail.com>, <b@evil.example>"],
        ["<a@facebookmail.com> <b@evil.example>"],
        ['"Meta <support@facebookmail.com>" <evil@evil.example>'],
        ['"Facebook" <>'],
        ["Facebook"],
        ["support@fаcebookmail.com"],
        ["=?utf-8?q?support=40facebookmail.com?="],
        [""],
        ["a@facebookmail.com <b@evil.example>"],
        ["(" * 60_000],
    ],
)
def test_anything_else_has_no_sender_and_says_why(headers: list[str]) -> None:
    address, _, doubt = only_sender(headers)
    assert address == "" or address == "b@evil.example"
    assert doubt or address == "b@evil.example"


@given(st.lists(st.text(alphabet='ab@.<>,;:"()\\ =?', max_size=40), max_size=3))
def test_any_from_header_gives_an_address_or_a_doubt(headers: list[str]) -> None:
    address, _, doubt = only_sender(headers)
    assert bool(address) is not bool(doubt)
    assert address.isascii()


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_address_header_is_read_without_an_exception(headers: list[str]) -> None:
    assert all(any(pair) for pair in mailboxes_in(headers))
