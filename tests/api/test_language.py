"""The languages of the pages: whose wish counts, and that no text was forgotten."""

import re
from pathlib import Path
from string import Formatter

import pytest
from starlette.testclient import TestClient

from api.language import FOLDER, languages
from api.marks import STATES
from api.templating import FOLDER as API
from bench.catalogue import committed, extracted
from tests.api.world import World

HTML = {"Accept": "text/html"}
CATALOGUES = sorted(FOLDER.glob("*/LC_MESSAGES/demur.po"))


def ids(catalogue) -> set[str]:
    return {str(message.id) for message in catalogue if message.id}


def placeholders(text: str) -> set[str]:
    named = set(re.findall(r"%\((\w+)\)s", text))
    return named or {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_text_is_in_the_catalogue_and_nothing_else(path: Path):
    assert ids(committed(path)) == ids(extracted()), "renew it: python -m bench.catalogue"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_text_is_translated_with_the_same_places_to_fill_in(path: Path):
    for message in committed(path):
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(translated), message.id
        assert not message.fuzzy, message.id
        for text in translated:
            assert placeholders(text) == placeholders(originals[-1]), message.id


def test_templates_translate_literals_only_because_a_translation_counts_as_safe():
    for template in (API / "templates").glob("*.html"):
        for first in re.findall(r"\b_\(\s*(.)", template.read_text()):
            assert first in "\"'", template.name


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en;q=0.2,de;q=0.7", "de"),
        ("ja,en;q=0.5", "en"),
        ("xx", "en"),
        ("", "en"),
        ("de;q=x", "en"),
    ],
)
def test_the_browser_is_answered_in_the_language_it_asks_for(client: TestClient, asked: str, spoken: str):
    assert f'<html lang="{spoken}">' in client.get("/login", headers={"Accept-Language": asked}).text


def test_the_switch_in_the_footer_outranks_the_browser_and_leads_back(world: World, client: TestClient):
    answer = client.get("/language/de?to=/users/anna%3Fx%3D1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/users/anna?x=1")
    assert '<html lang="de">' in client.get("/login", headers={"Accept-Language": "en"}).text
    assert client.get("/language/tlh").status_code == 404


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a%0d%0aSet-Cookie:x=1"])
def test_the_switch_leads_nowhere_else(client: TestClient, to: str):
    assert client.get(f"/language/de?to={to}").headers["location"] == "/"


def test_a_card_speaks_german(world: World, anna: TestClient):
    world.mail("anna", "confirmation", "2025-05-13")
    page = anna.get("/", headers={"Accept-Language": "de"}).text
    for words in (
        "Bestätigt",
        "Meta hat am 13. Mai 2025 bestätigt.",
        "Nichts zu tun.",
        "von facebookmail.com signiert",
        "„we say confirmation“",
    ):
        assert words in page


def test_every_catalogue_has_a_name_of_its_own_language():
    assert languages() == {"de": "Deutsch", "en": "English"}
    assert len(STATES) == 9
