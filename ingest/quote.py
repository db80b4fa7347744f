"""New words apart from quoted and forwarded ones: only the sender's own new words, or those of a mail passed on, are judged."""

import re
from dataclasses import dataclass

from ingest.lexicon import mail_words
from ledger.message import Frame
from ledger.text import FOLDED

ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
HEADER_LINE = re.compile(r"^[>*\s]{0,8}([^\W\d_][^:\n]{0,30}?)\s?\*?:\*?\s*(.*)$")
DIGIT = re.compile(r"\d")
LONGEST_MARK = 20
DASHES = "-_=*>: \t"
NOTE_LIMIT = 1500
"""Characters. Whoever writes more than this above a mail wants to be read, not to pass it on."""


@dataclass(frozen=True, slots=True)
class Split:
    """A mail's text in its layers. `note` is what stands above a forwarded mail; `text` is what is judged."""

    text: str
    quoted: str = ""
    note: str = ""
    frame: Frame = Frame.DIRECT
    original_sender: str = ""


def subject_kind(subject: str) -> str:
    """`forward`, `reply` or an empty string, as the subject's prefix says in any language we know."""
    prefix, colon, _ = subject.partition(":")
    word = " ".join(FOLDED[part] for part in prefix.split())
    if not colon or len(word) > LONGEST_MARK:
        return ""
    marks = mail_words()
    return "forward" if word in marks.forward else "reply" if word in marks.reply else ""


def _folded_line(line: str) -> str:
    return " ".join(FOLDED[word] for word in re.findall(r"\w+", line))


def _is_forward_mark(line: str) -> bool:
    bare = line.strip()
    if not bare or len(bare) > 90:
        return False
    folded, marks = _folded_line(bare), mail_words().forwarded
    return folded.startswith(marks) and any(folded.startswith(mark) and len(folded) <= len(mark) + 25 for mark in marks)


def _header_block(lines: list[str], start: int) -> int:
    """How many lines from `start` are the header lines that mail programs put above a mail (From, Sent, To, Subject); 0 if they are not."""
    found, end, names = 0, start, mail_words().headers
    for index in range(start, min(start + 12, len(lines))):
        match = HEADER_LINE.match(lines[index])
        if match and _folded_line(match[1]) in names:
            found, end = found + 1, index + 1
        elif lines[index].strip(DASHES) and found == 0:
            return 0
        elif lines[index].strip(DASHES) and found >= 3:
            break
    return end - start if found >= 3 else 0


def _boundary(lines: list[str]) -> tuple[int, int] | None:
    """Where passed-on or quoted text with a header block begins: (first line of the mark, first line of the text)."""
    for index, line in enumerate(lines):
        marked = _is_forward_mark(line)
        length = _header_block(lines, index + 1 if marked else index)
        if length and (marked or HEADER_LINE.match(line)):
            return index, index + length + (1 if marked else 0)
        if marked and index + 1 < len(lines):
            return index, index + 1
    return None


def _depth(line: str) -> int:
    """How many quote marks a line begins with."""
    return line[: len(line) - len(line.lstrip("> "))].count(">")


def _unquoted(lines: list[str], depth: int = 99) -> list[str]:
    """The lines without their quote marks, at most `depth` of them."""
    marks = re.compile(rf"^(?:> ?){{0,{depth}}}")
    return [marks.sub("", line) for line in lines]


def _without_quotes(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines that are new and lines that are quoted with `>`, the «… wrote:» line among the latter."""
    new: list[str] = []
    quoted: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            new.append(line)
            continue
        if not quoted:
            new = _cut_attribution(new, quoted)
        quoted.append(line)
    return new, quoted


def _is_attribution(text: str) -> bool:
    """Whether a line is like «On Monday somebody wrote:»."""
    if not text.endswith(":") or len(text) >= 300:
        return False
    folded = f" {_folded_line(text)} "
    return ADDRESS.search(text) is not None or any(f" {mark} " in folded for mark in mail_words().wrote)


def _cut_attribution(new: list[str], quoted: list[str]) -> list[str]:
    """Move a closing «On … somebody wrote:» (one to three lines) from the new lines to the quoted ones."""
    end = len(new)
    while end and not new[end - 1].strip():
        end -= 1
    for size in (1, 2, 3):
        block = new[max(0, end - size) : end]
        before = new[max(0, end - size - 1) : max(0, end - size)]
        text = " ".join(block).strip()
        if _is_attribution(text):
            if size < 3 and before and DIGIT.search(before[0]) and not DIGIT.search(text):
                continue  # programs fold the line: its date stands above
            quoted.extend(block)
            return new[: end - len(block)]
    return new


def _without_rule(lines: list[str]) -> list[str]:
    """Lines without the line of dashes (and blank lines) at their end, which Outlook puts above what it passes on."""
    end = len(lines)
    while end and not lines[end - 1].strip(DASHES):
        end -= 1
    return lines[:end]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def split(subject: str, text: str) -> Split:
    """Divide cleaned text. Quotes never decide; a forward is judged by the mail that was passed on."""
    lines = text.split("\n")
    kind = subject_kind(subject)
    boundary = _boundary(_unquoted(lines))
    if boundary:
        mark, start = boundary
        before, _ = _without_quotes(lines[:mark])
        note = _joined(_without_rule(before))
        passed_on = kind == "forward" or (kind != "reply" and (not note or _is_forward_mark(_unquoted(lines)[mark])))
        if passed_on and len(note) <= NOTE_LIMIT:
            return _forward(_unquoted(lines, _depth(lines[start - 1])), mark, start, note)
        return (
            Split(note, _joined(lines[mark:]), frame=Frame.REPLY) if note else Split(_joined(_unquoted(lines[start:])), frame=Frame.FORWARD)
        )
    new, quoted = _without_quotes(lines)
    if not quoted:
        return Split(text)
    if not _joined(new):
        return Split(_joined(_unquoted(quoted)), frame=Frame.FORWARD)
    return Split(_joined(new), _joined(quoted), frame=Frame.REPLY)


def _forward(lines: list[str], mark: int, start: int, note: str) -> Split:
    head = "\n".join(lines[mark:start])
    found = ADDRESS.search(head)
    new, quoted = _without_quotes(lines[start:])
    text = _joined(new) or _joined(_unquoted(quoted))
    return Split(text, _joined(quoted) if _joined(new) else "", note, Frame.FORWARD, found.group().lower() if found else "")
