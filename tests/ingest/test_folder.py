"""Mails on disk, whatever they lie in: files, folders, Maildirs, mboxes, zip files; broken ones say what is wrong and stop nothing."""

import io
import os
import resource
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.folder import FoundMail, mails_in
from ingest.parse import parse
from ledger.errors import OperatorError
from tests.ingest.letter import letter

FIRST, SECOND, THIRD = (letter(f"number {n}\n") for n in (1, 2, 3))
FROM_LINE = b"From notification@facebookmail.com Tue May 13 09:12:00 2025\n"
TAKEOUT_LINE = b"From 1831234567890123456@xxx Tue May 13 07:12:00 +0000 2025\r\n"


def found(path: Path) -> list[FoundMail]:
    return list(mails_in(path))


def raws(path: Path) -> list[bytes]:
    mails = found(path)
    assert [mail.error for mail in mails] == [None] * len(mails)
    return [mail.raw for mail in mails]


def zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in entries.items():
            archive.writestr(name, raw)
    return buffer.getvalue()


def test_a_file_is_one_mail(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(FIRST)
    assert found(path) == [FoundMail(str(path), FIRST)]


def test_a_path_that_is_not_there_is_the_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="does not exist"):
        found(tmp_path / "nothing")


def test_an_empty_file_is_an_empty_mail(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"")
    assert raws(tmp_path / "a.eml") == [b""]


def test_a_folder_is_walked_in_a_stable_order(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "c.eml").write_bytes(THIRD)
    (tmp_path / "b" / "deep" / "deeper" / "x.EML").write_bytes(SECOND)
    (tmp_path / "a.eml").write_bytes(FIRST)
    assert raws(tmp_path) == [FIRST, SECOND, THIRD]


def test_what_is_no_mail_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "notes.txt").write_bytes(b"some words\n")
    (tmp_path / ".hidden.eml").write_bytes(FIRST)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "saved-without-a-telling-name").write_bytes(SECOND)
    assert raws(tmp_path) == [SECOND]


def test_an_empty_folder_has_no_mails(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_maildir_gives_new_and_read_mail_but_no_drafts_of_delivery(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp", ".Junk/cur", ".Junk/new", ".Junk/tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "cur" / "1.M1P1.host:2,S").write_bytes(FIRST)
    (tmp_path / "new" / "2.M1P1.host").write_bytes(SECOND)
    (tmp_path / "tmp" / "3.M1P1.host").write_bytes(b"half a ma")
    (tmp_path / ".Junk" / "cur" / "4.M1P1.host:2,").write_bytes(THIRD)
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1 N1\n")
    (tmp_path / "dovecot.index").write_bytes(b"From: index\n")
    assert sorted(raws(tmp_path)) == sorted([FIRST, SECOND, THIRD])


def mbox(*mails: bytes, line: bytes = FROM_LINE) -> bytes:
    return b"".join(line + mail + b"\n" for mail in mails)


@pytest.mark.parametrize("name", ["inbox.mbox", "INBOX.MBX", "Inbox"])
def test_an_mbox_gives_its_mails(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(mbox(FIRST, SECOND, THIRD))
    assert raws(tmp_path / name) == [FIRST, SECOND, THIRD]
    assert [mail.path.rsplit("#", 1)[1] for mail in found(tmp_path / name)] == ["1", "2", "3"]


def test_an_mbox_of_takeouts_gives_its_mails(tmp_path: Path) -> None:
    path = tmp_path / "All mail Including Spam and Trash.mbox"
    path.write_bytes(b"".join(TAKEOUT_LINE + b"X-GM-THRID: 1\r\nX-Gmail-Labels: Inbox\r\n" + mail + b"\r\n" for mail in (FIRST, SECOND)))
    assert [parse(raw).text for raw in raws(path)] == ["number 1", "number 2"]


def test_a_quoted_from_line_is_unquoted_once(tmp_path: Path) -> None:
    body = letter("Dear Anna,\n\n>From here on we honor it.\n>>From quoted twice.\n")
    (tmp_path / "a.mbox").write_bytes(mbox(body, SECOND))
    first, second = raws(tmp_path / "a.mbox")
    assert b"\r\nFrom here on we honor it.\r\n>From quoted twice." in first
    assert second == SECOND


def test_a_sentence_that_begins_with_from_does_not_tear_a_mail_apart(tmp_path: Path) -> None:
    body = letter("Dear Anna,\n\nFrom now on we honor your objection.\n\nFrom Meta with regards\n")
    (tmp_path / "a.mbox").write_bytes(mbox(body, SECOND))
    assert raws(tmp_path / "a.mbox") == [body, SECOND]


def test_an_eml_that_begins_with_a_from_line_is_one_mail(tmp_path: Path) -> None:
    body = letter("Dear Anna,\n\nFrom now on we honor your objection.\n")
    (tmp_path / "a.eml").write_bytes(b"From - Tue May 13 09:12:00 2025\r\n" + body)
    assert raws(tmp_path / "a.eml") == [body]


def test_an_mbox_cut_in_the_middle_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = mbox(FIRST, SECOND)
    (tmp_path / "a.mbox").write_bytes(whole[:-12])
    first, second = found(tmp_path / "a.mbox")
    assert (first.raw, first.defect, first.error) == (FIRST, None, None)
    assert SECOND.startswith(second.raw)
    assert second.defect == "the mbox ends in the middle of this mail"


@pytest.mark.parametrize("raw", [b"", b"\x00" * 1000, b"no mail here\n"])
def test_an_mbox_without_a_from_line_says_so(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.mbox").write_bytes(raw)
    (mail,) = found(tmp_path / "a.mbox")
    assert mail.error is not None
    assert "is not an mbox" in mail.error


def test_an_mbox_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "big.mbox"
    with path.open("wb") as file:
        for _ in range(1000):
            file.write(FROM_LINE + FIRST + b"x" * 60 * 1024 + b"\n\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in mails_in(path)) == 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_zip_gives_its_eml_files(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.eml": FIRST, "sub/b.EML": SECOND, "readme.txt": b"hello", "../../evil.eml": THIRD}))
    assert raws(path) == [FIRST, SECOND, THIRD]
    assert found(path)[1].path == f"{path}!sub/b.EML"
    assert list(tmp_path.parent.glob("evil.eml")) == []


def test_a_zip_inside_a_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.eml": FIRST}))
    (tmp_path / "b.eml").write_bytes(SECOND)
    assert raws(tmp_path) == [FIRST, SECOND]


def test_a_zip_bomb_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.eml": FIRST, "bomb.eml": b"\0" * 50 * 1024 * 1024, "c.eml": SECOND}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, bomb, last = found(path)
    assert (first.raw, last.raw, bomb.raw) == (FIRST, SECOND, b"")
    assert bomb.error is not None
    assert "zip bomb" in bomb.error
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    raw = bytearray(zipped({"a.eml": b"\0" * 70 * 1024 * 1024}))
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = (500_000).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(raw)
    (mail,) = found(tmp_path / "a.zip")
    assert mail.error is not None
    assert mail.raw == b""


def test_a_damaged_entry_says_so_and_the_others_are_read(tmp_path: Path) -> None:
    noise = letter(os.urandom(5000).hex())
    raw = bytearray(zipped({"a.eml": noise, "b.eml": SECOND}))
    raw[200:260] = b"\xff" * 60
    (tmp_path / "a.zip").write_bytes(raw)
    first, second = found(tmp_path / "a.zip")
    assert first.error is not None
    assert "cannot be unpacked" in first.error
    assert second.raw == SECOND


def test_an_encrypted_entry_says_so(tmp_path: Path) -> None:
    raw = bytearray(zipped({"a.eml": FIRST}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(raw)
    assert "cannot be unpacked" in str(found(tmp_path / "a.zip")[0].error)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_broken_zip_never_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    raw = bytearray(zipped({"a.eml": FIRST, "b.eml": SECOND}))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "broken.zip"
    path.write_bytes(bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))]))
    for mail in mails_in(path):
        assert mail.error is None or mail.raw == b""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_an_unreadable_file_says_so_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").symlink_to("/proc/self/mem")
    (tmp_path / "b.eml").write_bytes(SECOND)
    (tmp_path / "c.mbox").symlink_to("/proc/self/mem")
    first, second, third = found(tmp_path)
    assert "cannot be read" in str(first.error)
    assert second.raw == SECOND
    assert "cannot be read" in str(third.error)


def test_links_that_go_round_in_circles_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.eml").symlink_to(tmp_path / "self.eml")
    (tmp_path / "nowhere.eml").symlink_to(tmp_path / "gone.eml")
    (tmp_path / "a.eml").write_bytes(FIRST)
    assert raws(tmp_path) == [FIRST]


def test_a_pipe_is_no_mail(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    (tmp_path / "a.eml").write_bytes(FIRST)
    assert raws(tmp_path) == [FIRST]


@pytest.mark.parametrize("name", ["ümläut.eml", "with space.eml", "-dash.eml", "zeilen\numbruch.eml"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FIRST)
    assert raws(tmp_path) == [FIRST]
