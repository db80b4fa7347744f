"""Every page in a real browser: nothing that came by mail runs, everybody can use it, and nothing is asked of anybody else."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.e2e.site import Site, letter, serving
from tests.e2e.vectors import VECTORS

PEACEFUL = ("/", "/users/anna", "/users/anna/cases/facebook/own_data", "/connect", "/connect?address=anna@gmail.com", "/import", "/models", "/stats", "/users/anna/complaint",
            "/?name=a", "/nowhere")  # fmt: skip
HOSTILE = ("/users/mallory", "/review", "/mailboxes", "/?state=confirmed")
INJECTED = """() => [...document.querySelectorAll('*')].flatMap(one => [...one.attributes]
    .filter(a => a.name.startsWith('on') || a.name === 'style' || /^\\s*(javascript|data|vbscript):/i.test(a.value) || a.name.includes('hx-on'))
    .map(a => one.tagName + ' ' + a.name))
  .concat([...document.querySelectorAll('iframe, object, embed, base, form[action^=javascript], script:not([src^="/static/"])')].map(one => one.tagName))"""
WATCH = """window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));"""

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture(scope="module")
def session(site: Site, chromium: Browser) -> StorageState:
    context = chromium.new_context()
    context.new_page().goto(site.link())
    kept = context.storage_state()
    context.close()
    return kept


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page that writes down what runs, what is refused and what is asked of others."""
    heard: list[str] = []
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text) if "Security Policy" in message.text else None)
    page.on("request", lambda request: heard.append(request.url) if "//127.0.0.1:" not in request.url else None)
    return page, heard


def test_there_are_more_than_a_hundred_different_vectors() -> None:
    assert len(set(VECTORS)) > 100


def test_no_vector_runs_on_any_page(site: Site, chromium: Browser, session: StorageState) -> None:
    context = chromium.new_context(storage_state=session)
    page, heard = watched(context)
    mails = [f"/users/mallory/messages/{sha256}" for sha256 in site.hostile[:: 1 + len(site.hostile) // 8]]
    for path in (*HOSTILE, *mails, *[f"/review?at={at}" for at in range(0, 60, 16)]):
        answer = page.goto(site.base + path)
        assert answer
        assert answer.status == 200, path
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert page.evaluate("window.pwned") is None, path
        assert page.evaluate("window.violations") == [], path
        assert page.evaluate(INJECTED) == [], path
    assert heard == []
    context.close()


def test_a_mail_that_is_opened_in_the_timeline_is_text_as_well(site: Site, chromium: Browser, session: StorageState) -> None:
    context = chromium.new_context(storage_state=session)
    page, heard = watched(context)
    page.goto(f"{site.base}/users/mallory")
    for number in range(8):
        page.locator("a[hx-get]").first.click()
        page.wait_for_function("count => document.querySelectorAll('.mailtext').length > count", arg=number)
    assert page.evaluate("window.pwned") is None
    assert page.evaluate(INJECTED) == []
    assert heard == []
    context.close()


def test_no_name_of_an_uploaded_file_or_of_one_in_a_zip_runs(site: Site, chromium: Browser, session: StorageState) -> None:
    mails = io.BytesIO()
    with zipfile.ZipFile(mails, "w") as packed:
        for vector in VECTORS:
            packed.writestr(f"{vector}/{vector}.eml", letter("a", f"inside {vector}"))
    context = chromium.new_context(storage_state=session)
    page, heard = watched(context)
    for name, content in (
        *[(f"{vector}.eml", letter("a", "b")) for vector in VECTORS[:5]],
        (f"{VECTORS[0]}.zip", mails.getvalue()),
        ("<svg onload=window.pwned=1>.exe", b"x"),
    ):
        page.goto(f"{site.base}/import")
        page.fill("input[name=user]", "mallory")
        page.set_input_files("input[name=files]", {"name": name, "mimeType": "message/rfc822", "buffer": content})
        page.locator("main button", has_text="Read these mails").click()
        page.locator("text=/Your mails are read|That did not work|Choose files that end in/").first.wait_for(timeout=120_000)
        assert page.evaluate("window.pwned") is None, name
        assert page.evaluate(INJECTED) == [], name
    assert heard == []
    context.close()


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1200, "en"), ("dark", 390, "de")])
def test_axe_finds_nothing_on_any_page(
    site: Site, chromium: Browser, session: StorageState, scheme: str, width: int, language: str
) -> None:
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, "locale": language}
    context = chromium.new_context(storage_state=session, **look)  # type: ignore[arg-type]
    page = context.new_page()
    found = {}
    for path in (*PEACEFUL, "/mailboxes", *HOSTILE[1:2], f"/users/mallory/messages/{site.hostile[1]}"):
        page.goto(site.base + path)
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        result = Axe().run(page)
        if result.violations_count:
            found[path] = [(v["id"], [node["html"][:200] for node in v["nodes"]][:3]) for v in result.response["violations"]]
    context.close()
    stranger = chromium.new_page(**look)  # type: ignore[arg-type]
    stranger.goto(f"{site.base}/login")
    assert Axe().run(stranger).violations_count == 0
    stranger.close()
    assert found == {}


def test_the_review_is_done_with_the_keyboard_alone(site: Site, chromium: Browser, session: StorageState) -> None:
    context = chromium.new_context(storage_state=session)
    page = context.new_page()
    page.goto(f"{site.base}/review?at=5")
    page.keyboard.press("s")
    page.wait_for_url("**/review?at=6")
    page.keyboard.press("8")
    page.wait_for_url("**settled=1**")
    assert page.locator("text=1 mail settled.").count() == 1
    page.keyboard.press("u")
    page.wait_for_url("**/review?at=5")
    context.close()
