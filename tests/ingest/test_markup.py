"""What a reader sees of a page, what is hidden from the reader, and where its links lead."""

import pytest

from ingest.markup import render
from ingest.parse import parse
from ledger.message import Anchor
from tests.ingest.bombs import PAGES
from tests.ingest.labelled import paths, read_fixture
from tests.ingest.letter import letter, multipart, parsed


def page_text(markup: str) -> str:
    """The text of a page as a message has it."""
    return parsed(markup, kind="text/html; charset=utf-8").text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Widerspruch<br>einlegen", "Widerspruch\neinlegen"),
        ("Widerspruch<br/>einlegen", "Widerspruch\neinlegen"),
        ("<div>Widerspruch</div><div>einlegen</div>", "Widerspruch\neinlegen"),
        ("<p>Widerspruch</p><p>einlegen</p>", "Widerspruch\neinlegen"),
        ("<table><tr><td>Widerspruch</td><td>einlegen</td></tr></table>", "Widerspruch einlegen"),
        ("<li>Widerspruch<li>einlegen", "Widerspruch\neinlegen"),
        ("Wider<b>spruch</b> einlegen", "Widerspruch einlegen"),
        ("Wider&shy;spruch einlegen", "Widerspruch einlegen"),
        ("Wider\u200bspruch einlegen", "Widerspruch einlegen"),
        ("Widerspruch&nbsp;einlegen", "Widerspruch einlegen"),
        ("Widerspruch\n   einlegen", "Widerspruch einlegen"),
        ("<h1>Widerspruch</h1>einlegen", "Widerspruch\neinlegen"),
        ("Widerspruch&#10;einlegen", "Widerspruch einlegen"),
        ("&quot;Widerspruch&quot; &amp; mehr", '"Widerspruch" & mehr'),
        ("<img alt='Widerspruch'> einlegen", "Widerspruch einlegen"),
        ("<a>Widerspruch</a> <span>einlegen</span>", "Widerspruch einlegen"),
    ],
)
def test_words_stand_as_a_reader_sees_them(markup: str, text: str) -> None:
    assert page_text(markup).replace("\n\n", "\n") == text


def test_widerspruch_break_einlegen_are_two_words() -> None:
    assert page_text("Widerspruch<br>einlegen").split() == ["Widerspruch", "einlegen"]


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">{}</div>',
        '<div style="DISPLAY : NONE !important">{}</div>',
        '<div style="display:none;max-height:0;overflow:hidden">{}</div>',
        '<span style="font-size:0px">{}</span>',
        '<span style="font-size:0">{}</span>',
        '<span style="font-size:1px;line-height:1px">{}</span>',
        '<span style="opacity:0.0">{}</span>',
        '<span style="opacity:0;color:white">{}</span>',
        '<span style="visibility: hidden">{}</span>',
        '<div style="mso-hide:all">{}</div>',
        "<div hidden>{}</div>",
        '<div style="display:none"><table><tr><td><b>{}</b></td></tr></table></div>',
    ],
)
def test_a_hidden_preheader_is_kept_apart(hidden: str) -> None:
    rendered = render(hidden.format("we will honor your objection") + "<p>We have received your objection.</p>")
    assert "honor" not in rendered.text
    assert "we will honor your objection" in rendered.hidden


@pytest.mark.parametrize(
    "style",
    ["font-size:0.9em", "font-size:10px", "font-size:1.1em", "opacity:0.5", "line-height:0.8", "display:block", "max-height:100px", ""],
)
def test_small_or_pale_text_is_not_hidden(style: str) -> None:
    assert render(f'<p style="{style}">we will honor your objection</p>').text == "we will honor your objection"


def test_the_preheaders_of_the_fixtures_are_never_said_twice() -> None:
    with_preheader = [read_fixture(path) for path in paths() if b"display:none" in path.read_bytes()]
    assert any(message.hidden not in message.text for message in with_preheader)
    assert all(message.hidden and message.text.count(message.hidden) <= 1 for message in with_preheader)


@pytest.mark.parametrize("tag", ["style", "script", "title", "template", "noscript", "svg", "textarea"])
def test_what_is_no_text_for_readers_is_left_out(tag: str) -> None:
    assert "honor" not in render(f"<p>hello</p><{tag}>we will honor it</{tag}>").text


def test_comments_are_left_out() -> None:
    assert render("<!-- we will honor it -->hello<!--[if mso]>we will honor it<![endif]-->").text == "hello"


def test_links_carry_their_words() -> None:
    anchors = render(
        '<a href=" https://a.example/x ">object <b>here</b></a><a href="https://b.example"><img alt="Form"></a><a>none</a>'
    ).anchors
    assert anchors[0] == Anchor("https://a.example/x", "object here")
    assert [anchor.href for anchor in anchors] == ["https://a.example/x", "https://b.example"]


def test_links_in_hidden_text_do_not_count() -> None:
    assert render('<div style="display:none"><a href="https://evil.example">x</a></div>').anchors == []


def test_quoted_blocks_are_marked() -> None:
    lines = render("new<blockquote>old<br>older<blockquote>oldest</blockquote></blockquote>").text.split("\n")
    assert [line for line in lines if line.strip("> ")] == ["new", "> old", "> older", "> > oldest"]


def test_the_html_part_is_what_counts_where_there_are_two() -> None:
    parts = (b"Content-Type: text/plain\r\n\r\nplain words only here", b"Content-Type: text/html\r\n\r\n<p>words of the page</p>")
    assert parse(multipart(*parts, subtype="alternative")).text == "words of the page"


def test_the_plain_part_counts_where_the_page_says_nothing() -> None:
    parts = (b"Content-Type: text/plain\r\n\r\nplain words only here", b"Content-Type: text/html\r\n\r\n<img src='x'>")
    assert parse(multipart(*parts, subtype="alternative")).text == "plain words only here"


def test_a_plain_mail_of_two_words_keeps_them() -> None:
    assert parsed("Your code").text == "Your code"


def test_addresses_in_plain_text_are_links() -> None:
    message = parse(letter("Object here: https://www.facebook.com/help/contact/712876720715583. Thank you (see https://a.example/b)."))
    assert [anchor.href for anchor in message.anchors] == ["https://www.facebook.com/help/contact/712876720715583", "https://a.example/b"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_to_hurt_leaves_some_text_and_no_tags(name: str) -> None:
    rendered = render(PAGES[name]())
    assert "<div" not in rendered.text
    assert "<p>" not in rendered.text


def test_a_page_that_is_too_deep_loses_its_tags_and_says_so() -> None:
    rendered = render("<div>" * 5000 + "we will honor it")
    assert rendered.text.strip() == "we will honor it"
    assert rendered.defects == ["HTML too deep or too dense, tags stripped"]


def test_a_page_that_is_too_long_is_cut_and_says_so() -> None:
    assert "HTML cut at 512 KB" in render("<p>word</p>" * 100_000).defects


def test_a_page_with_too_many_elements_is_cut_and_says_so() -> None:
    rendered = render("<p>" * 100_000)
    assert rendered.defects == ["HTML has too many elements, the rest was left out"]
