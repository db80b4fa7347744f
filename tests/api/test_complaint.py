"""Drafts of complaints: only where there is something to complain about, only what the ledger knows, to the right authority."""

import re
import string
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.authority import authorities
from api.letter import FOLDER, languages
from ledger.entry import filing_of
from ledger.outcome import Outcome, Product, Track
from ledger.people import Profile
from ledger.trust import Trust
from tests.api.world import World
from tests.e2e.program import Program

COUNTRIES = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB"


def live(world: World, country: str | None, language: str | None = None) -> None:
    """Say where Anna lives and what she reads."""
    world.ledger.people.set_profile(world.user("anna"), Profile(country, language))


def drafts(client: TestClient, **asked: str) -> list[dict]:
    answer = client.get("/users/anna/complaint", params=asked)
    assert answer.status_code == 200
    return answer.json()["complaints"]


def test_every_country_of_the_eea_and_the_united_kingdom_has_its_authority() -> None:
    assert authorities().keys() == set(re.findall(r"\w+", COUNTRIES))
    for authority in authorities().values():
        assert authority.url.startswith("https://")
        assert authority.email is None or re.fullmatch(r"[\w.-]+@[\w.-]+\.[a-z]+", authority.email)
        assert authority.name
        assert authority.languages


@pytest.mark.parametrize("language", [path.stem for path in sorted(FOLDER.glob("*.toml"))])
def test_every_letter_has_the_same_sentences_with_the_same_gaps(language: str) -> None:
    english, other = (tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8")) for code in ("en", language))

    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name} - {"law"}

    assert other.keys() == english.keys()
    assert {key: gaps(other[key]) for key in other} == {key: gaps(english[key]) for key in english}
    assert {*Outcome} - {"unrelated"} <= other.keys()


def test_a_refusal_becomes_a_letter_in_the_user_s_language(world: World, anna: TestClient) -> None:
    live(world, "DE", "de")
    receipt = world.mail("anna", "receipt", "2025-05-02")
    refusal = world.mail("anna", "rejection", "2025-05-10", phrases=("können Ihrem Widerspruch {nicht} entsprechen",))
    (draft,) = drafts(anna)
    assert (draft["reason"], draft["language"], draft["authority"]["country"]) == ("rejected", "de", "DE")
    for words in ("2. Mai 2025", "10. Mai 2025", "Deutschland", "Artikel 21 DSGVO", "{nicht}", receipt, refusal, "Meta Platforms Ireland"):
        assert words in draft["text"]


@pytest.mark.parametrize("outcome", ["notice", "verification", "receipt", "information_request", "confirmation", "broken_link"])
def test_where_there_is_nothing_to_complain_about_there_is_no_letter(world: World, anna: TestClient, outcome: str) -> None:
    live(world, "DE")
    world.mail("anna", outcome, "2025-05-20")
    assert drafts(anna) == []


def test_silence_is_a_reason_only_when_the_time_is_over(world: World, anna: TestClient) -> None:
    live(world, "FR", "fr")
    at, filing = filing_of(Product.INSTAGRAM, Track.OWN_DATA, date(2025, 5, 13), "anna", world.now)
    world.ledger.record.write(world.user("anna"), at, filing, world.now)
    world.now = datetime(2025, 6, 13, 23, tzinfo=UTC)
    assert drafts(anna) == []
    world.now = datetime(2025, 6, 14, 1, tzinfo=UTC)
    (draft,) = drafts(anna)
    assert draft["reason"] == "overdue"
    assert "13 juin 2025" in draft["text"]
    assert "article 12, paragraphe 3, du RGPD" in draft["text"]


def test_a_contradiction_tells_both_answers(world: World, anna: TestClient) -> None:
    live(world, "IE")
    world.mail("anna", "confirmation", "2025-05-02")
    world.mail("anna", "rejection", "2025-05-20")
    (draft,) = drafts(anna)
    assert draft["reason"] == "contradicted"
    assert "2 May 2025: Meta confirmed" in draft["text"]
    assert "20 May 2025: Meta refused" in draft["text"]


def test_what_does_not_count_is_not_told(world: World, anna: TestClient) -> None:
    forged = world.mail("anna", "confirmation", "2025-05-01", trust=Trust.FORGED)
    other = world.mail("anna", "receipt", "2025-05-02", product=Product.FACEBOOK)
    world.mail("anna", "rejection", "2025-05-03")
    (draft,) = drafts(anna)
    assert forged not in draft["text"]
    assert other not in draft["text"]


def test_in_the_united_kingdom_it_is_the_uk_gdpr_and_another_controller(world: World, anna: TestClient) -> None:
    live(world, "GB")
    world.mail("anna", "rejection", "2025-05-03")
    (draft,) = drafts(anna)
    assert "Article 21 UK GDPR" in draft["text"]
    assert "Ireland" not in draft["text"]


def test_without_a_country_nobody_is_guessed(world: World, anna: TestClient) -> None:
    world.mail("anna", "rejection", "2025-05-03")
    (draft,) = drafts(anna)
    assert draft["authority"] is None
    assert draft["text"].startswith("Complaint under Article 77")
    assert "Country of residence" not in draft["text"]


def test_where_the_gdpr_has_no_authority_no_letter_claims_one(world: World, anna: TestClient) -> None:
    live(world, "US")
    world.mail("anna", "rejection", "2025-05-03")
    assert anna.get("/users/anna/complaint").status_code == 409


def test_the_language_asked_for_outranks_and_an_unwritten_one_is_english(world: World, anna: TestClient) -> None:
    live(world, "FI", "fi")
    world.mail("anna", "rejection", "2025-05-03")
    assert [drafts(anna)[0]["language"], drafts(anna, language="sv")[0]["language"]] == ["en", "sv"]


def test_one_product_can_be_asked_for(world: World, anna: TestClient) -> None:
    world.mail("anna", "rejection", "2025-05-03")
    world.mail("anna", "rejection", "2025-05-03", product=Product.FACEBOOK)
    assert [draft["product"] for draft in drafts(anna)] == ["facebook", "instagram"]
    assert [draft["product"] for draft in drafts(anna, product="facebook")] == ["facebook"]


def test_the_third_party_track_claims_no_right_to_object(world: World, anna: TestClient) -> None:
    world.mail("anna", "rejection", "2025-05-03", track=Track.THIRD_PARTY)
    assert "Article 21" not in drafts(anna)[0]["text"]


def test_the_next_step_leads_to_the_user_s_authority(world: World, anna: TestClient) -> None:
    live(world, "AT")
    world.mail("anna", "rejection", "2025-05-03")
    (case,) = anna.get("/status/anna").json()["cases"]
    assert case["next_step"]["url"] == "https://www.dsb.gv.at/"
    assert case["next_step"]["authority"] == "Österreichische Datenschutzbehörde"


def test_the_next_step_says_what_meta_asked_for(world: World, anna: TestClient) -> None:
    world.mail("anna", "information_request", "2025-05-03", asks=("COUNTRY", "PROMPT", "SCREENSHOT"))
    (case,) = anna.get("/status/anna").json()["cases"]
    assert case["next_step"]["asks"] == ["a screenshot", "the prompt you entered", "the country where you live"]


def test_the_command_prints_the_draft(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    program.run("filed", "anna", "--product", "instagram", "--on", "2020-05-13")
    program.run("user", "anna", "--country", "SE", "--language", "sv")
    printed = program.run("complaint", "anna").stdout
    assert "Integritetsskyddsmyndigheten" in printed
    assert "Klagomål enligt artikel 77" in printed
    assert program.json("complaint", "anna", "--language", "en")["complaints"][0]["language"] == "en"
    assert program.run("complaint", "anna", "--language", "xx", code=2).stderr
    assert len(languages()) == 11
