"""The cases that mislead: each mail goes through the real program, and what it must never be taken for is asserted by name."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e import tricky
from tests.e2e.program import Program
from tests.e2e.story import ordinary
from tests.e2e.tricky import Mail

NOBODY_ANSWERS = "127.0.0.1:9"
Read = Callable[[str], dict[str, Any]]


def names(*groups: Iterable[Mail]) -> list[str]:
    """The names of the mails of some groups."""
    return [mail.name for group in groups for mail in group]


def written(folder: Path, mails: Iterable[tuple[str, bytes]]) -> Path:
    """A folder with one file per mail."""
    folder.mkdir()
    for name, raw in mails:
        (folder / f"{name}.eml").write_bytes(raw)
    return folder


def by_name(printed: str) -> dict[str, dict[str, Any]]:
    """What `demur classify --json` printed of each mail, by the mail's name."""
    lines = [json.loads(line) for line in printed.splitlines()]
    return {Path(line["path"]).stem: line for line in lines}


def lived(program: Program, folder: Path, shop: Path) -> dict[str, Any]:
    """Each user's status: Anna after a year of mails, Oskar who objected in the app and got none, Pia who did nothing at all."""
    for user, mails in (("anna", folder), ("oskar", shop), ("pia", shop)):
        program.run("import", mails, "--user", user)
    program.run("filed", "oskar", "--product", "instagram")
    return {status["user"]: status for status in program.json("status")["users"]}


Results = tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, signing_key: SigningKey, nameserver: NameServer) -> Results:
    """Everything that the program says, from few processes: (mails without signature, signed ones, statuses by user)."""
    home = tmp_path_factory.mktemp("tricky")
    alone = Program(home / "alone", {"DEMUR_NAMESERVERS": NOBODY_ANSWERS})
    asking = Program(home / "asking", {"DEMUR_NAMESERVERS": nameserver.address})
    plain = alone.process("classify", written(home / "unsigned", tricky.unsigned()), "--json")
    signed = asking.run("classify", written(home / "signed", tricky.signed(signing_key)), "--json")
    life, shop = written(home / "life", tricky.life(signing_key)), written(home / "shop", [("order", ordinary(1, tricky.ANNA))])
    return by_name(plain.stdout), by_name(signed.stdout), lived(asking, life, shop)


@pytest.fixture
def said(results: Results) -> Read:
    """What is printed of a mail without signature."""
    return results[0].__getitem__


@pytest.fixture
def proved(results: Results) -> Read:
    """What is printed of a mail of the signed folder."""
    return results[1].__getitem__


@pytest.fixture
def anna(results: Results) -> dict[str, Any]:
    """The status of the person who got all those mails."""
    status: dict[str, Any] = results[2]["anna"]
    return status


def case_of(status: dict[str, Any], product: str) -> dict[str, Any]:
    """The case of the objection for one product."""
    found: list[dict[str, Any]] = [c for c in status["cases"] if (c["product"], c["track"]) == (product, "own_data")]
    assert len(found) == 1, status["cases"]
    return found[0]


def assert_says(line: dict[str, Any], outcome: str) -> None:
    """The outcome is this one, and the model is sure of it."""
    assert (line["outcome"], line["abstained"]) == (outcome, False), line["probabilities"]


@pytest.mark.parametrize("name", names(tricky.CONFIRMED_WITH_MANY_OBJECTIONS))
def test_01_a_confirmation_that_says_objection_again_and_again_is_no_notice(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


@pytest.mark.parametrize("name", names(tricky.NOTICES_WITH_IF))
def test_02_a_condition_governs_what_is_promised_in_every_language(said: Read, name: str) -> None:
    line = said(name)
    assert_says(line, "notice")
    assert (line["product"], line["track"]) == ("facebook", "own_data")
    assert [link["url"] for link in line["links"] if link["form"]] == [tricky.FORM]


@pytest.mark.parametrize("name", names(tricky.NOTICES_THAT_PROMISE_A_MAIL))
def test_03_a_promised_mail_of_confirmation_is_not_the_confirmation(said: Read, name: str) -> None:
    assert_says(said(name), "notice")


@pytest.mark.parametrize("name", names(tricky.NOTICES_TO_WHO_OBJECTED_BEFORE))
def test_04_no_need_to_object_again_does_not_confirm_the_earlier_objection(said: Read, name: str) -> None:
    assert_says(said(name), "notice")


@pytest.mark.parametrize("name", names(tricky.CONFIRMED_BUT_MAY_STILL))
def test_05_what_others_share_about_you_does_not_weaken_a_confirmation(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


def test_05_the_words_that_confirm_are_shown(said: Read) -> None:
    phrases = said("05-en-may-still-process")["phrases"]
    assert any("honor your objection" in phrase["text"] and phrase["outcome"] == "confirmation" for phrase in phrases)


@pytest.mark.parametrize("name", names(tricky.SPELLINGS))
def test_06_honor_and_honour_objecion_and_oposicion_are_the_same(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


@pytest.mark.parametrize("name", names(tricky.REVIEWED))
def test_07_reviewed_is_no_receipt(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


@pytest.mark.parametrize("name", names(tricky.UNDER_REVIEW))
def test_07_reviewing_is_a_receipt(said: Read, name: str) -> None:
    assert_says(said(name), "receipt")


@pytest.mark.parametrize("name", names(tricky.RECEIPTS_IN_FUTURE_TENSE))
def test_08_what_will_be_applied_and_explained_later_is_a_receipt(said: Read, name: str) -> None:
    assert_says(said(name), "receipt")


@pytest.mark.parametrize("name", names(tricky.REJECTED_IN_ONE_CLAUSE))
def test_09_one_clause_among_thanks_and_links_refuses(said: Read, name: str) -> None:
    assert_says(said(name), "rejection")


def test_09_the_clause_that_refuses_is_shown(said: Read) -> None:
    phrases = said("09-en-between-links")["phrases"]
    assert any("cannot take further action" in phrase["text"] and phrase["outcome"] == "rejection" for phrase in phrases)


@pytest.mark.parametrize("name", names(tricky.REFUSED_UNLESS))
def test_10_a_refusal_until_evidence_comes_keeps_the_way_open(said: Read, name: str) -> None:
    assert_says(said(name), "information_request")


def test_10_the_form_for_third_parties_sets_the_track(said: Read) -> None:
    assert said("10-en-until-evidence")["track"] == "third_party"


@pytest.mark.parametrize("name", names(tricky.NOT_AUTOMATICALLY))
def test_11_not_automatically_is_no_refusal_in_a_receipt(said: Read, name: str) -> None:
    assert_says(said(name), "receipt")


@pytest.mark.parametrize("name", names(tricky.NOT_AUTOMATICALLY_BUT_MORE_NEEDED))
def test_11_not_automatically_is_no_refusal_below_questions(said: Read, name: str) -> None:
    assert_says(said(name), "information_request")


@pytest.mark.parametrize("name", names(tricky.THIRD_PARTY_REFUSALS))
def test_12_a_refusal_about_third_parties_is_of_another_track(said: Read, name: str) -> None:
    line = said(name)
    assert_says(line, "rejection")
    assert line["track"] == "third_party"


def test_12_a_refusal_about_third_parties_leaves_the_confirmation_of_ones_own_data(anna: dict[str, Any]) -> None:
    assert case_of(anna, "facebook")["state"] == "confirmed"
    assert [case["state"] for case in anna["cases"] if case["track"] == "third_party"] == ["rejected"]


@pytest.mark.parametrize("name", names(tricky.HONOURED_NOT_USED))
def test_13_honoured_and_not_used_is_a_confirmation(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


@pytest.mark.parametrize("name", names(tricky.NOT_HONOURED_USED))
def test_13_not_honoured_and_used_is_a_rejection(said: Read, name: str) -> None:
    assert_says(said(name), "rejection")


@pytest.mark.parametrize("name", names(tricky.LATER_NOTICES))
def test_14_a_notice_that_mentions_an_earlier_one_is_a_notice(said: Read, name: str) -> None:
    assert_says(said(name), "notice")


def test_14_a_notice_a_year_later_reminds_and_resets_nothing(anna: dict[str, Any]) -> None:
    case = case_of(anna, "facebook")
    assert (case["state"], case["since"][:10]) == ("confirmed", "2024-06-03")
    assert case["because"]["outcome"] == "confirmation"
    assert "reminded" in case["flags"]


@pytest.mark.parametrize("name", names(tricky.FOR_LINKED_ACCOUNTS))
def test_15_a_confirmation_for_linked_accounts_keeps_the_product_it_was_asked_for(said: Read, name: str) -> None:
    line = said(name)
    assert_says(line, "confirmation")
    assert line["product"] == ("instagram" if name == "15-en-accounts-centre" else "facebook")


def test_15_linked_accounts_are_flagged_and_no_case_is_invented(anna: dict[str, Any]) -> None:
    assert "covers_linked_accounts" in case_of(anna, "facebook")["flags"]
    assert [case["product"] for case in anna["cases"] if case["track"] == "own_data"] == ["facebook"]


def test_16_an_answer_to_another_address_says_the_same(said: Read) -> None:
    confirmed, received = map(said, names(tricky.TO_ANOTHER_ADDRESS))
    assert_says(confirmed, "confirmation")
    assert_says(received, "receipt")
    assert (confirmed["product"], received["product"]) == ("instagram", "facebook")


def test_16_mails_to_two_addresses_of_one_person_are_one_case(anna: dict[str, Any]) -> None:
    assert {tricky.NOTICE_2024.to, tricky.CONFIRMATION_2024.to} == {"Anna <anna@home.example>", "Anna <anna@work.example>"}
    assert case_of(anna, "facebook")["attempt"] == 1


def test_17_a_german_mail_to_a_norwegian_is_read_as_german(said: Read) -> None:
    line = said("17-de-an-eine-norwegerin")
    assert_says(line, "receipt")
    assert line["language"] == "de"


def test_17_a_croatian_mail_with_an_english_link_is_read_as_croatian(said: Read) -> None:
    line = said("17-hr-english-link")
    assert_says(line, "notice")
    assert line["language"] == "hr"
    assert [(link["text"], link["url"]) for link in line["links"] if link["form"]] == [("object", tricky.FORM)]


@pytest.mark.parametrize(("name", "outcome"), [*tricky.FORWARDED_SAYS.items(), ("18-en-attached", "confirmation")])
def test_18_a_mail_passed_on_says_what_it_says_and_proves_nothing(said: Read, name: str, outcome: str) -> None:
    line = said(name)
    assert_says(line, outcome)
    assert line["trust"] == "unproven"


def test_18_the_forwarders_own_signature_proves_nothing(proved: Read) -> None:
    assert proved("18-en-fwd-inline")["trust"] == "unproven"


def test_18_a_forwarded_confirmation_moves_no_case(anna: dict[str, Any]) -> None:
    assert "instagram" not in {case["product"] for case in anna["cases"]}
    assert anna["unproven"] >= 1


@pytest.mark.parametrize("name", names(tricky.OWN_WORDS_ABOVE_QUOTES))
def test_19_quoted_words_of_metas_decide_nothing(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.STRANGERS_IN_GENUINE_MAIL))
def test_20_what_strangers_write_into_metas_mail_is_no_answer(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.STRANGERS_IN_GENUINE_MAIL[1:]))
def test_20_a_valid_signature_makes_a_strangers_words_no_answer(proved: Read, name: str) -> None:
    line = proved(name)
    assert line["trust"] == "proven"
    assert_says(line, "unrelated")


@pytest.mark.parametrize("name", names(tricky.OTHER_CHOICES_AND_APPEALS))
def test_21_choices_about_ads_and_appeals_about_content_are_unrelated(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.PERSONALISATION_NOTICES))
def test_22_a_notice_about_personalisation_demands_no_objection(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.OBJECTION_CODES))
def test_23_a_code_for_the_objection_is_known_as_one(said: Read, name: str) -> None:
    assert_says(said(name), "verification")


@pytest.mark.parametrize("name", names(tricky.OTHER_CODES))
def test_23_a_code_for_something_else_is_unrelated(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


def test_23_and_26_no_code_and_no_token_is_ever_printed(results: Results) -> None:
    printed = json.dumps(results, ensure_ascii=False)
    assert [secret for secret in tricky.SECRETS if secret in printed] == []


@pytest.mark.parametrize("name", [*names(tricky.HARD_TO_READ), "24-en-windows-quotes"])
def test_24_blanks_marks_and_hidden_words_change_nothing(said: Read, name: str) -> None:
    assert_says(said(name), "confirmation")


def test_24_soft_line_breaks_inside_the_deciding_words_change_nothing(said: Read) -> None:
    line = said("24-en-soft-breaks")
    assert_says(line, "rejection")
    assert "cannot take further action" in {phrase["text"] for phrase in line["phrases"]}


@pytest.mark.parametrize("name", tricky.ENCODED_SUBJECTS)
def test_25_an_encoded_and_folded_subject_is_read(said: Read, name: str) -> None:
    subject, _, _, _, outcome = tricky.ENCODED_SUBJECTS[name]
    assert said(name)["subject"] == subject.replace("’", "'")
    assert_says(said(name), outcome)


def test_25_the_subject_alone_decides_nothing(said: Read) -> None:
    confirmed, private = map(said, names(tricky.SUBJECT_IS_NOT_ALL))
    assert_says(confirmed, "confirmation")
    assert_says(private, "unrelated")


@pytest.mark.parametrize("name", names(tricky.ONLY_A_LINK))
def test_26_the_form_behind_trackers_is_found_by_its_number(said: Read, name: str) -> None:
    line = said(name)
    assert_says(line, "notice")
    url, words, product = tricky.FORMS_BEHIND[name]
    forms = [(link["url"], link["text"], link["product"]) for link in line["links"] if link["form"] and link["product"]]
    assert forms == [(url, words, product)]
    assert line["product"] == product


@pytest.mark.parametrize("name", names(tricky.BROKEN))
def test_27_a_removed_a_locked_and_an_empty_page_are_broken_links(said: Read, name: str) -> None:
    assert_says(said(name), "broken_link")


def test_27_the_page_that_replaces_the_form_is_shown(said: Read) -> None:
    links = said("27-en-form-retired")["links"]
    assert [(link["url"], link["form"]) for link in links] == [("https://help.meta.com/support/privacy", True)]


@pytest.mark.parametrize("name", names(tricky.NOT_BROKEN))
def test_27_having_to_log_in_is_no_broken_link(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.LOGIN_WALL_NOTICES))
def test_27_a_notice_that_mentions_the_log_in_is_a_notice(said: Read, name: str) -> None:
    assert_says(said(name), "notice")


def test_28_no_mail_is_no_refusal(results: Results) -> None:
    case = case_of(results[2]["oskar"], "instagram")
    assert (case["state"], case["next_step"]["action"]) == ("pending", "wait")
    assert results[2]["pia"]["cases"] == []


@pytest.mark.parametrize("name", names(tricky.CHAIN_LETTERS))
def test_29_a_chain_letter_is_unrelated(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


@pytest.mark.parametrize("name", names(tricky.APPEALS))
def test_30_a_reviewed_appeal_that_speaks_of_no_ai_is_unrelated(said: Read, name: str) -> None:
    assert_says(said(name), "unrelated")


PRETENDERS = [*names(tricky.PRETENDERS), "31-en-two-from"]


@pytest.mark.parametrize("name", PRETENDERS)
def test_31_a_planted_header_a_second_sender_and_a_look_alike_prove_nothing(said: Read, name: str) -> None:
    """What such a mail says is left open: Meta's own words under a false name can be called a confirmation or unrelated."""
    assert said(name)["trust"] == ("forged" if name in ("31-en-two-from", "31-en-look-alike") else "unproven")


@pytest.mark.parametrize("name", PRETENDERS)
def test_31_a_strangers_valid_signature_proves_nothing(proved: Read, name: str) -> None:
    assert proved(name)["trust"] in ("forged", "unproven")


def test_32_a_genuine_mail_in_junk_counts_and_a_false_one_in_the_inbox_does_not(proved: Read) -> None:
    junk, inbox = proved("32-en-in-junk"), proved("32-en-in-inbox")
    assert_says(junk, "confirmation")
    assert_says(inbox, "confirmation")
    assert (junk["trust"], inbox["trust"]) == ("proven", "unproven")


def test_every_mail_is_read_in_its_own_language(results: Results) -> None:
    read = {name: line["language"] for group in results[:2] for name, line in group.items()}
    assert {name: language for name, language in read.items() if language != name.split("-")[1]} == {}


def test_no_mail_without_a_signature_is_proven(results: Results) -> None:
    assert [name for name, line in results[0].items() if line["trust"] == "proven"] == []
