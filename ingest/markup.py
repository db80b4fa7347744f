"""HTML to text: what a reader sees, what is hidden from the reader, and the links. Guarded against inputs that make parsers slow."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ledger.message import Anchor

MAX_HTML = 512 * 1024
"""Characters. MEASURED: parsers are quadratic in depth and attributes; this much is never text for people."""
MAX_DEPTH = 1000
MAX_TAG = 20_000
MAX_NODES = 60_000
MAX_QUOTES = 9
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{MAX_TAG}}}")
STRIPPED = re.compile(r"<[^<>]{0,2000}>")
UNCLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "tbody",
        "thead",
    ]
)
SKIPPED = frozenset({"style", "script", "head", "title", "template", "noscript", "svg", "object", "select", "textarea"})
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
CELLS = frozenset({"td", "th"})
NOTHING = r"0(?:\.0\d*)?(?![.\d])"
HIDING = re.compile(
    rf"display:none|visibility:hidden|mso-hide:all|font-size:1px|(?:max-height|font-size|opacity|line-height):{NOTHING}(?!%)"
)


@dataclass(slots=True)
class Rendered:
    """A page as text. Quoted blocks (`<blockquote>`) have lines that start with `> `."""

    text: str = ""
    hidden: str = ""
    anchors: list[Anchor] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def _too_deep(markup: str) -> bool:
    depth = 0
    for closing, name in TAG.findall(markup):
        if name.lower() in UNCLOSED:
            continue
        depth += -1 if closing else 1
        if depth > MAX_DEPTH:
            return True
    return False


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style) and HIDING.search(style.lower().replace(" ", "")) is not None  # type: ignore[union-attr]


class _Writer:
    """Collects text the way a browser lays it out: blanks fold, blocks and `<br>` break the line."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.quotes = 0

    def words(self, text: str) -> None:
        folded = re.sub(r"[ \t\r\n\f]+", " ", text)
        if folded != " " or self.lines[-1]:
            self.lines[-1] += folded

    def line(self) -> None:
        self.lines.append(self.mark())

    def mark(self) -> str:
        return "> " * min(self.quotes, MAX_QUOTES)

    def block(self) -> None:
        if self.lines[-1].strip(" >"):
            self.line()
        if len(self.lines) > 1 and self.lines[-2].strip(" >"):
            self.line()

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip("\n")


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node with whether it is being entered; without recursion, so that depth costs no stack."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, entering = stack.pop()
        yield node, entering
        tag = node.tag or "-"
        if entering and tag not in SKIPPED and not tag.startswith("-") and not _is_hidden(node):
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(list(_children(node))))


def _render(tree: LexborHTMLParser) -> Rendered:
    out, writer, hidden = Rendered(), _Writer(), []
    walk = _walk(tree.root) if tree.root else iter(())
    for node, entering in islice(walk, MAX_NODES * 2):
        tag = node.tag or "-"
        if tag == "-text":
            writer.words(node.text_content or "")
        elif tag in SKIPPED or tag.startswith(("-", "!")):
            continue
        elif entering and _is_hidden(node):
            hidden.append(node.text(separator=" "))
        elif tag == "br":
            if entering:
                writer.line()
        elif tag in BLOCKS:
            writer.quotes += (1 if entering else -1) if tag == "blockquote" else 0
            writer.block()
            if tag == "blockquote":
                writer.lines[-1] = writer.mark()
        elif tag in CELLS and entering:
            writer.words("  ")
        elif tag == "a" and entering and (href := node.attributes.get("href")):
            out.anchors.append(Anchor(href.strip(), " ".join(node.text(separator=" ").split())[:200]))
        elif tag == "img" and entering and (words := node.attributes.get("alt")):
            writer.words(f" {words} ")
    if next(walk, None):
        out.defects.append("HTML has too many elements, the rest was left out")
    out.text, out.hidden = writer.text(), "\n".join(hidden)
    return out


def render(markup: str) -> Rendered:
    """Turn HTML into text. Never raises: what cannot be parsed safely loses its tags and is noted as a defect."""
    defects = []
    if len(markup) > MAX_HTML:
        markup = markup[:MAX_HTML]
        defects.append("HTML cut at 512 KB")
    if LONG_TAG.search(markup) or _too_deep(markup):
        text = html.unescape(STRIPPED.sub(" ", markup))
        return Rendered(text, defects=[*defects, "HTML too deep or too dense, tags stripped"])
    rendered = _render(LexborHTMLParser(markup))
    rendered.defects += defects
    return rendered
