"""What is read out of a mail: product, track, extension, Accounts Centre, code, and whether it is about Meta at all."""

import pytest

from ingest.extract import extract
from ingest.parse import parse
from ledger.message import Message
from ledger.outcome import Outcome, Product, Track
from tests.ingest.labelled import fixture, messages
from tests.ingest.letter import META, letter

FACEBOOK_FORM = "https://www.facebook.com/help/contact/712876720715583"
INSTAGRAM_FORM = "https://help.instagram.com/contact/767264225370182"
THIRD_PARTY_FORM = "https://www.facebook.com/help/contact/510058597920541"
EXTENDING = (
    "extension|extended|extensie|verlaengerung|more-time|more-months|two-months-more|prolongation|termijn-verlengd|two-months-extension"
)


def extracted(text: str, sender: str = META, subject: str = "About your request") -> Message:
    return extract(parse(letter(text, sender=sender, subject=subject)))


@pytest.mark.parametrize(
    ("sender", "text", "product"),
    [
        ("a@facebookmail.com", "We have received your objection.", Product.FACEBOOK),
        ("a@support.facebook.com", "We have received your objection.", Product.FACEBOOK),
        ("no-reply@mail.instagram.com", "We have received your objection.", Product.INSTAGRAM),
        ("a@support.whatsapp.com", "We have received your objection.", Product.WHATSAPP),
        ("a@account.meta.com", "We have received your objection.", Product.META),
        ("a@account.meta.com", "We have received your objection for WhatsApp.", Product.WHATSAPP),
        ("a@account.meta.com", "We have received your objection for Facebook and Instagram.", Product.META),
        ("a@facebookmail.com", "We have received your objection for your Instagram profile.", Product.INSTAGRAM),
        ("a@facebookmail.com", "We have received your objection for Facebook and Instagram.", Product.FACEBOOK),
        ("a@facebookmail.com", "Otrzymaliśmy sprzeciw dotyczący Twojego konta na Instagramie.", Product.INSTAGRAM),
        ("a@facebookmail.com", "Your public threads and posts may be used.", Product.FACEBOOK),
        ("no-reply@mail.instagram.com", "We have received your objection for Threads.", Product.THREADS),
        ("no-reply@mail.instagram.com", "We have received your objection for Instagram and Threads.", Product.INSTAGRAM),
        ("a@facebookmail.com", f"Learn how we use your information: {INSTAGRAM_FORM}", Product.INSTAGRAM),
        ("a@account.meta.com", f"Learn how we use your information: {FACEBOOK_FORM}", Product.FACEBOOK),
        ("a@account.meta.com", f"Facebook: {FACEBOOK_FORM} Instagram: {INSTAGRAM_FORM}", Product.META),
        ("no-reply@mail.instagram.com", f"Your posts on Threads may be used. Object: {INSTAGRAM_FORM}", Product.THREADS),
        ("a@facebookmail.com", f"Your request about third parties: {THIRD_PARTY_FORM}", Product.FACEBOOK),
    ],
)
def test_the_product_is_the_forms_the_senders_or_the_only_one_named(sender: str, text: str, product: Product) -> None:
    assert extracted(text, sender).product is product


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("confirmation/en-instagram-opted-out-oneliner.1", Product.INSTAGRAM),
        ("confirmation/de-2025-alle-konten.1", Product.FACEBOOK),
        ("confirmation/cs-all-linked-accounts.1", Product.META),
        ("confirmation/de-whatsapp-zweizeiler.1", Product.WHATSAPP),
        ("confirmation/cs-attached-instagram.1", Product.INSTAGRAM),
        ("confirmation/it-forwarded-to-demur.1", Product.THREADS),
        ("notice/en-threads-profile-publicity.1", Product.THREADS),
        ("rejection/sk-forwarded-short.1", Product.WHATSAPP),
        ("receipt/en-third-party-not-automatic.1", Product.FACEBOOK),
    ],
)
def test_the_product_of_fixtures(name: str, product: Product) -> None:
    assert fixture(name).product is product


def test_the_product_of_a_decision_is_its_senders_where_the_sender_has_one() -> None:
    for path, message in messages(Outcome.CONFIRMATION, Outcome.REJECTION):
        if message.author.endswith("whatsapp.com"):
            assert message.product is Product.WHATSAPP, path.name
        if message.author.endswith("instagram.com"):
            assert message.product in (Product.INSTAGRAM, Product.THREADS), path.name


@pytest.mark.parametrize(
    ("text", "track"),
    [
        (f"Your request: {THIRD_PARTY_FORM}", Track.THIRD_PARTY),
        (f"Your request: {FACEBOOK_FORM}", Track.OWN_DATA),
        (f"Your requests: {FACEBOOK_FORM} {THIRD_PARTY_FORM}", Track.OWN_DATA),
        ("We have received your request about information from third parties.", Track.THIRD_PARTY),
        ("Wir haben deinen Antrag zu Informationen von Dritten erhalten und prüfen ihn.", Track.THIRD_PARTY),
        ("We will honor your objection. We may still process information about you that third parties share.", Track.OWN_DATA),
        ("We will honor your objection. It does not cover information from third parties.", Track.OWN_DATA),
        ("If your objection is about information from third parties, use the other form.", Track.OWN_DATA),
        ("We have received your objection.", Track.OWN_DATA),
    ],
)
def test_the_track_is_the_forms_or_what_one_sentence_asks_for(text: str, track: Track) -> None:
    assert extracted(text).track is track


def test_a_subject_that_names_third_parties_tells_the_track() -> None:
    assert extracted("We have decided.", subject="Your request about information from third parties").track is Track.THIRD_PARTY


@pytest.mark.parametrize(
    ("name", "track"),
    [
        ("receipt/en-third-party-not-automatic.1", Track.THIRD_PARTY),
        ("receipt/de-drittanbieter-nicht-automatisch.1", Track.THIRD_PARTY),
        ("receipt/fr-tiers-pas-automatique.1", Track.THIRD_PARTY),
        ("rejection/pl-no-examples-found.1", Track.THIRD_PARTY),
        ("confirmation/en-2025-all-linked-accounts.1", Track.OWN_DATA),
        ("confirmation/de-foermlich-stattgegeben.1", Track.OWN_DATA),
        ("confirmation/da-forwarded-from-spouse.1", Track.OWN_DATA),
    ],
)
def test_the_track_of_fixtures(name: str, track: Track) -> None:
    assert fixture(name).track is track


@pytest.mark.parametrize(
    "text",
    [
        "Owing to the number of requests we are extending the period by two further months.",
        "We're extending the deadline for our answer by up to two months.",
        "Wir verlängern die Frist für unsere Antwort um zwei weitere Monate.",
        "Nous prolongeons le délai de notre réponse de deux mois.",
        "Prorrogamos el plazo de nuestra respuesta dos meses más.",
        "Abbiamo prorogato il termine per la nostra risposta di due mesi.",
        "Wij verlengen de termijn voor ons antwoord met twee maanden.",
    ],
)
def test_a_mail_that_extends_the_time_by_months_announces_it(text: str) -> None:
    assert extracted(text).announces_extension


@pytest.mark.parametrize(
    "text",
    [
        "We will answer within one month.",
        "We will answer within one month. If it takes longer, we will let you know.",
        "This takes no longer than a month as a rule.",
        "We may extend this period by up to two further months.",
        "If your request is complex, we will extend the period by two months.",
        "Because of many requests it can take a little longer. You will hear from us within one month.",
        "It takes longer than we thought, but you will have an answer in a few days.",
        "Das dauert in der Regel nicht länger als einen Monat, und wir antworten dir auf jeden Fall.",
        "Die Frist kann um weitere zwei Monate verlängert werden, wir melden uns bei dir.",
        "Nous vous répondrons dans un délai d'un mois. Ce délai peut être prolongé de deux mois.",
        "Il termine può essere prorogato di due mesi, come prevede la legge.",
    ],
)
def test_a_mail_that_only_speaks_of_time_extends_nothing(text: str) -> None:
    assert not extracted(text).announces_extension


def test_exactly_the_receipts_that_are_extensions_announce_one() -> None:
    said = {path.name for path, message in messages(Outcome.RECEIPT) if message.announces_extension}
    named = {path.name for path, _ in messages(Outcome.RECEIPT) if any(word in path.name for word in EXTENDING.split("|"))}
    assert len(named) >= 15
    assert named <= said
    languages = {name.split("-")[0] for name in said}
    assert len(languages) >= 25


def test_no_notice_code_or_decision_among_the_fixtures_announces_an_extension() -> None:
    others = (Outcome.NOTICE, Outcome.VERIFICATION, Outcome.CONFIRMATION, Outcome.REJECTION, Outcome.BROKEN_LINK)
    assert [path.name for path, message in messages(*others) if message.announces_extension] == []


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("confirmation/en-2025-all-linked-accounts.1", True),
        ("confirmation/de-2025-alle-konten.1", True),
        ("confirmation/fr-2025-tous-les-comptes.1", True),
        ("confirmation/nl-2025-alle-accounts.1", True),
        ("confirmation/ga-accounts-centre.1", True),
        ("confirmation/en-reviewed-will-honor-2024.1", False),
        ("confirmation/de-whatsapp-zweizeiler.1", False),
        ("confirmation/fr-lettre-formelle-droit.1", False),
    ],
)
def test_the_accounts_centre_of_fixtures(name: str, named: bool) -> None:
    assert fixture(name).names_accounts_centre is named


@pytest.mark.parametrize(
    ("sender", "to", "text", "about"),
    [
        ("a@facebookmail.com", "anna@example.org", "Hello", True),
        ("anna@example.org", "privacy@support.facebook.com", "Hello", True),
        ("anna@example.org", "bob@example.org", "Did Instagram answer you?", True),
        ("anna@example.org", "bob@example.org", f"Try this one: {FACEBOOK_FORM}", True),
        ("anna@example.org", "bob@example.org", "The objection link is dead", True),
        ("shop@example.org", "bob@example.org", "Your parcel is on its way.", False),
        ("shop@example.org", "bob@example.org", "", False),
    ],
)
def test_a_mail_is_about_meta_where_meta_wrote_got_or_is_named_in_it(sender: str, to: str, text: str, about: bool) -> None:
    message = extract(parse(letter(text, sender=sender, to=to, subject="x")))
    assert message.about_meta is about
    assert message.from_meta is sender.endswith("facebookmail.com")
    assert message.to_meta is to.endswith("facebook.com")


def test_nearly_every_labelled_mail_with_an_outcome_is_about_meta() -> None:
    wanted = [(path.name, message.about_meta) for path, message in messages() if path.parent.name != Outcome.UNRELATED]
    missed = [name for name, about in wanted if not about]
    assert len(missed) <= len(wanted) / 100, missed


def test_the_author_of_a_forwarded_mail_counts() -> None:
    forwarded = "---------- Forwarded message ---------\nFrom: Instagram <no-reply@mail.instagram.com>\nDate: Tue\nSubject: x\nTo: y\n\nWe received it."
    message = extract(parse(letter(forwarded, sender="anna@example.org", subject="Fwd: x")))
    assert message.from_meta
    assert message.product is Product.INSTAGRAM
