"""Turn drafts of synthetic mails into labelled `.eml` fixtures: `python -m bench.compose DRAFT… -o fixtures/`.

A draft file holds many mails. Each opens with `=== outcome/language-template.variant`, then `Key: value` lines, an empty line and
the text. `[words](https://…)` is a link; lines that start with `>` are quoted. Keys:

    Subject From To Date   as in a mail (Date: 2025-05-13 09:12 +0200)
    Shape      html (default) | text | alternative | forward | attached | reply
    Encoding   qp (default) | base64 | 8bit
    Preheader  hidden first words of an HTML mail
    Wrap       meta | l | safelinks: how a click tracker wraps the links
    Tricky     short words for what makes it hard; absent when it is plain
    OuterFrom OuterSubject OuterText   the mail around an attached original
"""

import argparse
import hashlib
import html
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from pathlib import Path
from urllib.parse import quote, urlsplit

LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
WIRE = SMTP.clone(utf8=False)
ENCODINGS = {"qp": "quoted-printable", "base64": "base64", "8bit": "8bit"}
SHAPES = {"html", "text", "alternative", "forward", "attached", "reply"}


def drafts(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield (name, keys, body) for every draft in a file."""
    for block in re.split(r"(?m)^=== +", text)[1:]:
        name, _, rest = block.partition("\n")
        head, _, body = rest.partition("\n\n")
        keys = dict(re.findall(r"(?m)^([A-Za-z]+): *(.*)$", head))
        yield name.strip(), keys, body.strip("\n") + "\n"


def wrapped(url: str, how: str, seed: str) -> str:
    """Return `url` as Meta's click tracker, Facebook's redirector or Safe Links would show it, with made-up tokens."""
    token = hashlib.sha256((seed + url).encode()).hexdigest()
    if how == "meta":
        path = quote(urlsplit(url).path.strip("/"), safe="")
        return f"https://www.facebook.com/n/?{path}&aref={int(token[:12], 16)}&medium=email&mid={token[:20]}&bcode=2.{token[20:34]}&n_m=anna%40example.org&rms=v2&irms=true"
    if how == "l":
        return f"https://l.facebook.com/l.php?u={quote(url, safe='')}&h=AT{token[:24]}&fbclid={token[24:40]}"
    if how == "safelinks":
        return f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05%7C{token[:16]}&reserved=0"
    return url


def plain(body: str, link: str = r"\1 (\2)") -> str:
    return LINK.sub(link, body)


def paragraphs(body: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", body.strip("\n")):
        quoted = all(line.startswith(">") for line in block.splitlines())
        lines = [html.escape(re.sub(r"^> ?", "", line) if quoted else line, quote=False) for line in block.splitlines()]
        text = LINK.sub(r'<a href="\2" style="color:#1b74e4">\1</a>', "<br>\n".join(lines))
        yield f"<blockquote>{text}</blockquote>" if quoted else f'<p style="margin:0 0 12px">{text}</p>'


def page(body: str, preheader: str) -> str:
    """Return the HTML that automated mail uses: a hidden preheader and text inside nested layout tables."""
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{html.escape(preheader)}</div>' if preheader else ""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><style>p{font-family:Helvetica}</style></head><body>'
        f'{hidden}<table width="100%"><tr><td align="center"><table width="600"><tr><td>\n'
        + "\n".join(paragraphs(body))
        + "\n</td></tr></table></td></tr></table></body></html>\n"
    )


def written_address(text: str) -> str:
    """`Name <address>` with the name quoted or encoded as a header wants it; a comma in the name is part of it."""
    name, _, address = text.rpartition("<")
    if "@" not in address or not address.endswith(">"):
        raise ValueError(f"From is not `Name <address>`: {text}")
    return formataddr((name.strip().strip('"'), address[:-1]))


def mail(name: str, keys: dict[str, str], body: str) -> EmailMessage:
    """Build one synthetic mail (the inner one, where the shape is `attached`)."""
    shape, how = keys.get("Shape", "html"), keys.get("Wrap", "")
    if shape not in SHAPES:
        raise SystemExit(f"{name}: Shape {shape!r} is not one of {', '.join(sorted(SHAPES))}")
    if how:
        body = LINK.sub(lambda m: f"[{m[1]}]({wrapped(m[2], how, name)})", body)
    encoding = ENCODINGS[keys.get("Encoding", "qp")]
    message = EmailMessage(policy=WIRE)
    message["From"] = written_address(keys["From"])
    message["To"] = keys.get("To", "Anna Example <anna@example.org>")
    message["Subject"] = keys["Subject"]
    message["Date"] = format_datetime(datetime.strptime(keys["Date"], "%Y-%m-%d %H:%M %z"))
    message["Message-ID"] = f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@fixture.example>"
    message["X-Demur-Fixture"] = "synthetic"
    if keys.get("Tricky"):
        message["X-Demur-Tricky"] = re.sub(r"[^\x20-\x7e]", "?", keys["Tricky"])
    if shape == "html" or (shape == "attached" and "Preheader" in keys):
        message.set_content(page(body, keys.get("Preheader", "")), subtype="html", cte=encoding)
    else:
        message.set_content(plain(body), cte=encoding)
    if shape == "alternative":
        message.add_alternative(page(body, keys.get("Preheader", "")), subtype="html", cte=encoding)
        message.set_boundary(f"b1_{hashlib.sha256(name.encode()).hexdigest()[:32]}")
    return message


def enclosed(inner: EmailMessage, keys: dict[str, str]) -> EmailMessage:
    """Return a mail that carries `inner` as a message/rfc822 attachment."""
    outer = EmailMessage(policy=WIRE)
    outer["From"] = keys.get("OuterFrom", "Anna Example <anna@example.org>")
    outer["To"] = keys.get("OuterTo", "objections@example.org")
    outer["Subject"] = keys.get("OuterSubject", "Fwd: " + keys["Subject"])
    outer["Date"] = inner["Date"]
    outer["Message-ID"] = str(inner["Message-ID"]).replace("<", "<outer.")
    for header in ("X-Demur-Fixture", "X-Demur-Tricky"):
        if inner[header]:
            outer[header] = inner[header]
    outer.set_content(keys.get("OuterText", "").replace("\\n", "\n") + "\n")
    outer.add_attachment(inner)
    outer.set_boundary(f"outer_{str(inner['Message-ID'])[1:33]}")
    return outer


def write(draft: Path, out: Path) -> int:
    """Write every mail of one draft file below `out`; return how many."""
    count = 0
    for name, keys, body in drafts(draft.read_text(encoding="utf-8")):
        target = out / f"{name}.eml"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            message = mail(name, keys, body)
        except (KeyError, ValueError) as error:
            raise SystemExit(f"{draft}: {name}: {error!r}") from None
        if keys.get("Shape") == "attached":
            message = enclosed(message, keys)
        target.write_bytes(message.as_bytes())
        count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("drafts", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("fixtures"))
    args = parser.parse_args()
    for draft in args.drafts:
        print(f"{draft.name}: {write(draft, args.out)} mails")


if __name__ == "__main__":
    main()
