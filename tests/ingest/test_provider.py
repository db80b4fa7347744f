"""The table of providers: how each is reached, and what its users need to know."""

import tomllib

import pytest

from ingest.provider import TABLE, announced_provider, known_provider, login_of

ENTRIES = tomllib.loads(TABLE.read_text())["provider"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_every_provider_has_a_server_and_a_word_of_help(entry: dict[str, object]) -> None:
    for domain in entry["domains"]:  # type: ignore[attr-defined]
        provider = known_provider(f"anna@{domain}")
        assert provider is not None
        assert provider.name == entry["name"]
        assert "." in provider.host
        assert provider.port in (993, 1143)
        assert len(provider.help) > 20
        assert provider.login in ("address", "local")


def test_no_domain_stands_twice() -> None:
    domains = [domain for entry in ENTRIES for domain in entry["domains"]]
    assert len(domains) == len(set(domains))
    assert domains == [domain.lower() for domain in domains]


def test_case_does_not_matter() -> None:
    provider = known_provider("Anna@GMail.com")
    assert provider is not None
    assert provider.host == "imap.gmail.com"


@pytest.mark.parametrize("address", ["anna@example.org", "anna@gmail.com.evil.example", "anna", "", "@gmail.com@example.org"])
def test_an_unknown_domain_has_no_provider_in_the_table(address: str) -> None:
    assert known_provider(address) is None


def test_the_login_is_the_address_or_the_part_before_the_at() -> None:
    gmail, icloud = known_provider("anna@gmail.com"), known_provider("anna@icloud.com")
    assert gmail is not None
    assert icloud is not None
    assert login_of(gmail, "anna@gmail.com") == "anna@gmail.com"
    assert login_of(icloud, "anna@icloud.com") == "anna"


def test_a_provider_without_passwords_says_what_to_do_instead() -> None:
    outlook = known_provider("anna@outlook.com")
    assert outlook is not None
    assert not outlook.password
    assert "import" in outlook.help


@pytest.mark.parametrize("address", ["anna@demur-test.invalid", "anna@", "anna@" + "x" * 300 + ".invalid", "anna@..", "anna@ü.invalid"])
def test_a_domain_that_announces_nothing_has_no_provider(address: str) -> None:
    assert announced_provider(address) is None
