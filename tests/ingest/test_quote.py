"""Who said what in a mail: the sender's own new words, a mail that was passed on, quoted words that decide nothing."""

import pytest

from ingest.parse import parse
from ingest.quote import split, subject_kind
from ledger.message import Frame
from tests.ingest.letter import letter, parsed

ANSWER = "Hello Anna,\n\nwe will honor your objection."

FORWARDS = {
    "Gmail in English": (
        "Fwd: About your request",
        "See below.\n\n---------- Forwarded message ---------\nFrom: Facebook <notification@facebookmail.com>\n"
        "Date: Tue, May 13, 2025 at 9:12 AM\nSubject: About your request\nTo: Anna <anna@example.org>\n\n\n",
    ),
    "Gmail in German": (
        "Fwd: Deine Anfrage",
        "Siehe unten.\n\n---------- Forwarded message ---------\nVon: Facebook <notification@facebookmail.com>\n"
        "Date: Di., 13. Mai 2025 um 09:12 Uhr\nSubject: Deine Anfrage\nTo: Anna <anna@example.org>\n\n\n",
    ),
    "Gmail in Polish": (
        "Fwd: Twoja prośba",
        "Patrz niżej.\n\n---------- Forwarded message ---------\nOd: Facebook <notification@facebookmail.com>\n"
        "Date: wt., 13 maj 2025 o 09:12\nSubject: Twoja prośba\nTo: Anna <anna@example.org>\n\n\n",
    ),
    "Outlook in English": (
        "FW: About your request",
        "fyi\n\n________________________________\nFrom: Facebook <notification@facebookmail.com>\n"
        "Sent: Tuesday, May 13, 2025 9:12 AM\nTo: Anna <anna@example.org>\nSubject: About your request\n\n",
    ),
    "Outlook in German": (
        "WG: Deine Anfrage",
        "zur Info\n\n________________________________\nVon: Facebook <notification@facebookmail.com>\n"
        "Gesendet: Dienstag, 13. Mai 2025 09:12\nAn: Anna <anna@example.org>\nBetreff: Deine Anfrage\n\n",
    ),
    "Outlook in French": (
        "TR : Votre demande",
        "pour info\n\nDe : Facebook <notification@facebookmail.com>\nEnvoyé : mardi 13 mai 2025 09:12\n"
        "À : Anna <anna@example.org>\nObjet : Votre demande\n\n",
    ),
    "Outlook in Polish": (
        "PD: Twoja prośba",
        "do wiadomości\n\nOd: Facebook <notification@facebookmail.com>\nWysłano: wtorek, 13 maja 2025 09:12\n"
        "Do: Anna <anna@example.org>\nTemat: Twoja prośba\n\n",
    ),
    "Outlook with bold names": (
        "WG: Deine Anfrage",
        "zur Info\n\n*Von:* Facebook <notification@facebookmail.com>\n*Gesendet:* Dienstag, 13. Mai 2025 09:12\n"
        "*An:* Anna <anna@example.org>\n*Betreff:* Deine Anfrage\n\n",
    ),
    "Apple Mail in English": (
        "Fwd: About your request",
        "Look at this\n\nBegin forwarded message:\n\n> From: Facebook <notification@facebookmail.com>\n> Subject: About your request\n"
        "> Date: 13 May 2025 at 09:12:00 CEST\n> To: anna@example.org\n> \n",
    ),
    "Apple Mail in German": (
        "Fwd: Deine Anfrage",
        "Schau mal\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: Facebook <notification@facebookmail.com>\nBetreff: Deine Anfrage\n"
        "Datum: 13. Mai 2025 um 09:12:00 MESZ\nAn: anna@example.org\n\n",
    ),
    "Apple Mail in French": (
        "Fwd: Votre demande",
        "Regarde\n\nDébut du message transféré :\n\nDe: Facebook <notification@facebookmail.com>\nObjet: Votre demande\n"
        "Date: 13 mai 2025 à 09:12:00 UTC+2\nÀ: anna@example.org\n\n",
    ),
    "Thunderbird in English": (
        "Fwd: About your request",
        "Look\n\n-------- Forwarded Message --------\nSubject: \tAbout your request\nDate: \tTue, 13 May 2025 09:12:00 +0200\n"
        "From: \tFacebook <notification@facebookmail.com>\nTo: \tAnna <anna@example.org>\n\n\n",
    ),
    "Thunderbird in German": (
        "Fwd: Deine Anfrage",
        "Schau\n\n-------- Weitergeleitete Nachricht --------\nBetreff: \tDeine Anfrage\nDatum: \tTue, 13 May 2025 09:12:00 +0200\n"
        "Von: \tFacebook <notification@facebookmail.com>\nAn: \tAnna <anna@example.org>\n\n\n",
    ),
    "Thunderbird in French": (
        "Fwd: Votre demande",
        "Regarde\n\n-------- Message transféré --------\nSujet : \tVotre demande\nDate : \tTue, 13 May 2025 09:12:00 +0200\n"
        "De : \tFacebook <notification@facebookmail.com>\nPour : \tAnna <anna@example.org>\n\n\n",
    ),
    "Thunderbird in Polish": (
        "Fwd: Twoja prośba",
        "Zobacz\n\n-------- Przekazana wiadomość --------\nTemat: \tTwoja prośba\nData: \tTue, 13 May 2025 09:12:00 +0200\n"
        "Nadawca: \tFacebook <notification@facebookmail.com>\nAdresat: \tAnna <anna@example.org>\n\n\n",
    ),
}

REPLIES = {
    "Gmail in English": "On Tue, May 13, 2025 at 9:12 AM Facebook <notification@facebookmail.com> wrote:\n\n",
    "Gmail in English, wrapped": "On Tue, May 13, 2025 at 9:12 AM Facebook Privacy Operations Team <\nnotification@facebookmail.com> wrote:\n\n",
    "Gmail in German": "Am Di., 13. Mai 2025 um 09:12 Uhr schrieb Facebook <notification@facebookmail.com>:\n\n",
    "Gmail in French": "Le mar. 13 mai 2025 à 09:12, Facebook <notification@facebookmail.com> a écrit :\n\n",
    "Gmail in Polish": "wt., 13 maj 2025 o 09:12 Facebook <notification@facebookmail.com> napisał(a):\n\n",
    "Apple Mail in German": "Am 13.05.2025 um 09:12 schrieb Facebook <notification@facebookmail.com>:\n\n",
    "Apple Mail in French": "Le 13 mai 2025 à 09:12, Facebook <notification@facebookmail.com> a écrit :\n\n",
    "Thunderbird in English": "On 5/13/25 09:12, Facebook wrote:\n",
    "Thunderbird in German": "Am 13.05.25 um 09:12 schrieb Facebook:\n",
    "Thunderbird in French": "Le 13/05/2025 à 09:12, Facebook a écrit :\n",
    "Thunderbird in Polish": "W dniu 13.05.2025 o 09:12, Facebook pisze:\n",
}

HEADED_REPLIES = {
    "Outlook in English": "________________________________\nFrom: Facebook <a@facebookmail.com>\nSent: Tuesday, May 13, 2025 9:12 AM\nTo: Anna <anna@example.org>\nSubject: Your request\n\n",
    "Outlook in German": "Von: Facebook <a@facebookmail.com>\nGesendet: Dienstag, 13. Mai 2025 09:12\nAn: Anna <anna@example.org>\nBetreff: Anfrage\n\n",
    "Outlook in French": "De : Facebook <a@facebookmail.com>\nEnvoyé : mardi 13 mai 2025 09:12\nÀ : Anna <anna@example.org>\nObjet : Votre demande\n\n",
    "Outlook in Polish": "Od: Facebook <a@facebookmail.com>\nWysłano: wtorek, 13 maja 2025 09:12\nDo: Anna <anna@example.org>\nTemat: Prośba\n\n",
    "old Outlook": "-----Original Message-----\nFrom: Facebook <a@facebookmail.com>\nSent: Tuesday, May 13, 2025 9:12 AM\nTo: Anna\nSubject: Your request\n\n",
    "old Outlook in German": "-----Ursprüngliche Nachricht-----\nVon: Facebook <a@facebookmail.com>\nGesendet: Dienstag, 13. Mai 2025 09:12\nAn: Anna\nBetreff: Anfrage\n\n",
}


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


@pytest.mark.parametrize("program", FORWARDS)
def test_a_forwarded_mail_is_judged_by_the_words_that_were_passed_on(program: str) -> None:
    subject, head = FORWARDS[program]
    words = quoted(ANSWER) if "> From" in head else ANSWER
    message = parsed(head + words, subject)
    assert message.frame is Frame.FORWARD
    assert message.text == ANSWER
    assert message.original_sender == "notification@facebookmail.com"
    assert message.note == head.split("\n")[0]


@pytest.mark.parametrize("program", REPLIES)
def test_a_reply_is_judged_by_its_own_new_words(program: str) -> None:
    message = parsed("But why?\n\n" + REPLIES[program] + quoted(ANSWER), "Re: About your request")
    assert message.frame is Frame.REPLY
    assert message.text == "But why?"
    assert "we will honor your objection" in message.quoted
    assert message.original_sender == ""


@pytest.mark.parametrize("program", HEADED_REPLIES)
def test_a_reply_above_a_header_block_keeps_the_old_mail_apart(program: str) -> None:
    message = parsed("But why?\n\n" + HEADED_REPLIES[program] + ANSWER, "AW: About your request")
    assert message.frame is Frame.REPLY
    assert message.text == "But why?"
    assert "we will honor your objection" in message.quoted


def test_an_answer_of_metas_that_quotes_the_question_below_is_judged_without_the_quote() -> None:
    own = "Hello Anna,\nwe have received your objection."
    message = parsed(
        own + "\n\nOn Mon, May 12, 2025 at 8:00 AM Anna <anna@example.org> wrote:\n> I want you to honor my objection.", "Re: Question"
    )
    assert message.text == own


def test_answers_between_quoted_lines_are_all_new_words() -> None:
    message = parsed("On Monday Anna wrote:\n> First question?\nFirst answer.\n> Second question?\nSecond answer.", "Re: Questions")
    assert message.text == "First answer.\nSecond answer."
    assert message.quoted == "On Monday Anna wrote:\n> First question?\n> Second question?"


def test_a_mail_that_is_nothing_but_quoted_lines_is_a_forward() -> None:
    message = parsed(quoted(ANSWER), "About your request")
    assert message.frame is Frame.FORWARD
    assert message.text == ANSWER


def test_a_blockquote_in_html_is_quoted_text() -> None:
    message = parsed(
        "<p>But why?</p><p>Am 13.05.2025 um 09:12 schrieb Facebook:</p><blockquote><p>Hello,</p><p>we will honor your objection.</p></blockquote>",
        "Re: About your request",
        "text/html; charset=utf-8",
    )
    assert message.text == "But why?"
    assert "honor" in message.quoted


def test_a_gmail_forward_in_html_is_judged_by_the_words_that_were_passed_on() -> None:
    message = parsed(
        '<div dir="ltr">Look<br><br><div class="gmail_quote"><div dir="ltr">---------- Forwarded message ---------<br>Von: '
        '<b>Facebook</b> <span>&lt;<a href="mailto:a@facebookmail.com">a@facebookmail.com</a>&gt;</span><br>Date: Di., 13. Mai 2025 um 09:12&nbsp;Uhr'
        "<br>Subject: Deine Anfrage<br>To: &lt;<a>anna@example.org</a>&gt;<br></div><br><br><p>Wir respektieren deinen Widerspruch.</p></div></div>",
        "Fwd: Deine Anfrage",
        "text/html; charset=utf-8",
    )
    assert (message.frame, message.text, message.note) == (Frame.FORWARD, "Wir respektieren deinen Widerspruch.", "Look")
    assert message.original_sender == "a@facebookmail.com"


def test_an_outlook_forward_in_html_with_a_rule_above_is_judged_by_the_words_that_were_passed_on() -> None:
    message = parsed(
        '<div>zur Info</div><hr><div id="divRplyFwdMsg"><b>Von:</b> Facebook &lt;a@facebookmail.com&gt;<br><b>Gesendet:</b> Dienstag, 13. Mai 2025 09:12'
        "<br><b>An:</b> Anna &lt;anna@example.org&gt;<br><b>Betreff:</b> Deine Anfrage</div><div><p>Wir respektieren deinen Widerspruch.</p></div>",
        "WG: Deine Anfrage",
        "text/html; charset=utf-8",
    )
    assert (message.frame, message.text) == (Frame.FORWARD, "Wir respektieren deinen Widerspruch.")


def test_a_long_letter_above_an_old_mail_is_a_reply_even_where_the_subject_says_forward() -> None:
    own = "I write a lot about this. " * 80
    message = parsed(own + "\n\n" + FORWARDS["Outlook in English"][1].split("\n\n", 1)[1] + ANSWER, "FW: About your request")
    assert message.frame is Frame.REPLY
    assert "honor" not in message.text


def test_a_quote_inside_a_forwarded_mail_is_apart_from_its_new_words() -> None:
    message = parsed(
        FORWARDS["Gmail in English"][1] + "We cannot do this.\n\nOn Monday Anna wrote:\n> please honor my objection", "Fwd: Answer"
    )
    assert message.text == "We cannot do this."
    assert "honor" in message.quoted


def test_a_direct_mail_that_speaks_of_a_date_and_a_subject_is_no_forward() -> None:
    text = "Your case\nDate: 13 May 2025\nSubject: objection\n\nWe have received your objection."
    assert parsed(text).frame is Frame.DIRECT


def test_a_table_of_facts_in_metas_own_mail_is_no_header_block() -> None:
    text = "Request: objection\nStatus: closed\nDecision: granted\nDate: 13 May 2025\n\nThank you."
    assert (parsed(text).frame, parsed(text).text) == (Frame.DIRECT, text)


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Fwd: x", "forward"),
        ("FW: x", "forward"),
        ("WG: x", "forward"),
        ("TR : x", "forward"),
        ("PD: x", "forward"),
        ("Wtr: x", "forward"),
        ("Redirecționat: x", "forward"),
        ("Re: x", "reply"),
        ("AW: x", "reply"),
        ("RE : x", "reply"),
        ("Odp: x", "reply"),
        ("SV: x", "reply"),
        ("Request: x", ""),
        ("x", ""),
        (": x", ""),
        ("", ""),
    ],
)
def test_the_subject_tells_forwards_from_replies(subject: str, kind: str) -> None:
    assert subject_kind(subject) == kind


def test_a_mail_without_words_is_divided_into_nothing() -> None:
    assert split("", "").text == ""
    assert parse(letter("", subject="")).frame is Frame.DIRECT
