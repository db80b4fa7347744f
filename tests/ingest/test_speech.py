"""What language a text is in."""

from collections import Counter

import pytest

from ingest.lexicon import codes
from ingest.speech import language_of
from tests.ingest.labelled import language_code, messages


def test_the_language_of_the_fixtures_is_the_one_in_their_names() -> None:
    asked, mistaken = 0, Counter[str]()
    for path, message in messages():
        asked += 1
        if message.language != language_code(path):
            mistaken[f"{language_code(path)} taken for {message.language}"] += 1
    accuracy = 1 - mistaken.total() / asked
    assert accuracy >= 0.97, f"{accuracy:.3f} of {asked}: {mistaken.most_common()}"


def test_every_language_has_a_fixture() -> None:
    assert {language_code(path) for path, _ in messages()} == set(codes())


@pytest.mark.parametrize("text", ["", "12345 67-89", "!!!", "https://www.facebook.com", "xyzzy plugh", "日本語のメール"])
def test_a_text_without_known_words_has_no_language(text: str) -> None:
    assert language_of(text) is None


def test_quoted_names_of_products_do_not_make_a_mail_english() -> None:
    text = "Wir haben deinen Widerspruch gegen die Nutzung für „AI at Meta“ auf Facebook, Instagram und Threads erhalten und prüfen ihn."
    assert language_of(text) == "de"


def test_capitals_and_length_do_not_matter() -> None:
    assert language_of("WIR HABEN IHREN WIDERSPRUCH ERHALTEN UND WERDEN IHN PRÜFEN. " * 500) == "de"
