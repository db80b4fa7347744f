"""A person's whole way in the browser: log in, connect a mailbox, see a state, correct a mail, train, promote, go back, take the proof along."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program, Running
from tests.e2e.story import START, from_meta
from tests.e2e.visitor import LONGEST, Visitor, visiting
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import until

FIXTURES = Path(__file__).parents[2] / "fixtures"
pytestmark = [pytest.mark.server, pytest.mark.xdist_group("browser")]


@dataclass(frozen=True)
class House:
    """A Demur that nobody has used yet, where it runs, and the link that its terminal shows; that one works once."""

    program: Program
    running: Running
    links: list[str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot, nameserver: NameServer, few_labelled: Path) -> Iterator[House]:
    settings = {
        "DEMUR_NAMESERVERS": nameserver.address,
        "DEMUR_FIXTURES": str(few_labelled),
        "DEMUR_ALLOW_LOOPBACK_MAIL": "1",
        "SSL_CERT_FILE": str(dovecot.certificate),
    }
    program = Program(tmp_path_factory.mktemp("first") / "data", settings)
    with program.running() as running:
        link = next(line.split("Log in with: ")[1] for line in running.log.read_text().splitlines() if "Log in with: " in line)
        yield House(program, running, [link])


def log_in(person: Visitor, house: House) -> None:
    """With the terminal's link the first time, later with a token."""
    if house.links:
        person.page.goto(house.links.pop())
        assert person.page.locator(".way").count() == 3
        return
    person.page.goto(f"{house.running.base}/login")
    person.page.fill("input[name=token]", house.program.run("token", "create", "--admin", "--scope", "write").stdout.strip())
    person.press("Log in")


def connect(person: Visitor, dovecot: Dovecot, name: str) -> None:
    """Over TLS: first with a wrong password, then with the right one."""
    person.go("/connect")
    person.page.fill("input[name=address]", f"{name}@example.org")
    person.press("Continue")
    fields = {"host": "127.0.0.1", "port": str(dovecot.port), "login": f"way-{name}"}
    for field, value in fields.items():
        person.page.fill(f"input[name={field}]", value)
    for password in ("wrong", PASSWORD):
        person.page.fill("input[name=password]", password)
        person.press("Test the log-in and connect")
        if password == "wrong":
            assert "refused the log-in. Check the log-in name and the password" in person.page.inner_text("[role=alert]")
    assert f"{name}@example.org is connected" in person.page.inner_text("main")
    box = person.page.locator("article", has_text=f"{name}@example.org")
    box.locator(".pill", has_text="Connected").wait_for(timeout=LONGEST)


def stands(person: Visitor, name: str, state: str) -> bool:
    """Whether the page of a person shows one objection in this state. Mails are stored first and decided a moment later."""
    person.go(f"/users/{name}")
    return person.page.locator(".card .pill", has_text=state).count() == 1


def correct(person: Visitor, name: str) -> None:
    """The confirmation was a refusal, says its reader."""
    person.page.locator("summary", has_text="Not right?").first.click()
    person.page.locator("details[open] input[value=rejection]").first.check()
    person.page.locator("details[open] button").first.click()
    person.sees("Corrected by administrator")
    assert person.page.locator(".card .pill", has_text="Refused").count() == 1
    person.fits()


def train_promote_and_go_back(person: Visitor) -> None:
    """The page tells by itself how the training ends; the new version is worse, decides on a person's word only, and is taken back."""
    person.go("/models")
    before = decides(person)
    person.press("Train a new version")
    person.sees("was trained; the one before goes on deciding")
    found = re.search(r"(\S+) was trained", person.page.inner_text("#progress"))
    assert found
    person.go("/models")
    row = person.page.locator("tr", has_text=found[1])
    row.locator("button", has_text="What would it change?").click()
    person.sees("Nothing was written")
    assert decides(person) == before
    row.locator("button", has_text="Let it decide").click()
    assert decides(person) == found[1] != before
    person.press("Back to the version before")
    assert decides(person) == before
    person.fits()


def decides(person: Visitor) -> str:
    """The version in the heading."""
    return person.page.inner_text(".summary .line").split()[0]


def take_proof_along(person: Visitor, name: str, folder: Path) -> Path:
    """The evidence as the browser saves it."""
    person.go(f"/users/{name}")
    with person.page.expect_download() as download:
        person.press("Download the evidence")
    saved = folder / download.value.suggested_filename
    download.value.save_as(saved)
    return saved


@pytest.mark.parametrize(("name", "scripts", "width"), [("anna", True, 1200), ("ben", False, 1200), ("cleo", True, 390)])
@pytest.mark.xfail(strict=False, reason="not steady yet: a page is now and then measured or waited for at the wrong moment")
def test_the_whole_way_with_scripts_without_and_on_a_phone(
    house: House, chromium: Browser, dovecot: Dovecot, signing_key: SigningKey, tmp_path: Path, name: str, scripts: bool, width: int
) -> None:
    for day, outcome in enumerate(("notice", "confirmation")):
        dovecot.deliver(f"way-{name}", from_meta(signing_key, outcome, f"{name}@example.org", day), arrived=START + timedelta(days=day))
    with visiting(chromium, house.running.base, scripts, width) as person:
        log_in(person, house)
        connect(person, dovecot, name)
        until(lambda: stands(person, name, "Confirmed"), 30, "the confirmation")
        correct(person, name)
        train_promote_and_go_back(person)
        saved = take_proof_along(person, name, tmp_path)
    assert house.program.run("verify", saved).stdout.startswith("Whole: ")
    assert house.program.json("status", name)["cases"][0]["state"] == "rejected"


@pytest.mark.xfail(strict=False, reason="not steady yet: a page is now and then measured or waited for at the wrong moment")
def test_saved_mails_are_brought_and_a_mailbox_is_removed(house: House, chromium: Browser) -> None:
    with visiting(chromium, house.running.base) as person:
        log_in(person, house)
        person.go("/import")
        person.page.fill("input[name=user]", "dora")
        english, german = sorted(FIXTURES.glob("confirmation/en-*.eml"))[:2], sorted(FIXTURES.glob("rejection/de-*.eml"))[:1]
        person.page.set_input_files("input[name=files]", [*english, *german])
        person.press("Read these mails")
        person.sees("Your mails are read")
        assert "3 mails read" in person.page.inner_text("main")
        person.press("To the status")
        assert person.page.locator("details.wrong").count() == 3
        person.go("/mailboxes")
        box = person.page.locator("article", has_text="anna@example.org")
        box.locator("summary", has_text="Remove…").click()
        person.press("Remove anna@example.org")
        assert person.page.locator("article", has_text="anna@example.org").count() == 0
