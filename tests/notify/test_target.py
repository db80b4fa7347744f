"""How DEMUR_NOTIFY_URLS is read, and what the command says about it."""

import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from demur.notify.target import targets_of
from demur.notify.words import TELLERS, in_words
from ledger.errors import OperatorError
from ledger.vault import Vault
from tests.e2e.program import Program
from tests.rig.receiver import SECRET

VAULT = Vault([Fernet.generate_key().decode()])
HOOK = "webhook+https://hooks.example.org/in"


@pytest.mark.parametrize("separator", [",", " ", "\n", ", ", " , "])
def test_addresses_are_separated_by_commas_and_blanks(separator: str) -> None:
    found = targets_of(
        separator.join([f"{HOOK}#{SECRET}", "mailto://u:p@example.org?to=a@example.org,b@example.org", "ntfy://topic"]), "", VAULT
    )
    assert [target.title for target in found] == ["1 webhook hooks.example.org", "2 mailto", "3 ntfy"]
    assert found[1].url.endswith("to=a@example.org,b@example.org")


def test_a_webhook_is_signed_by_its_own_secret_or_by_the_one_for_all() -> None:
    other = "whsec_" + "QUJD" * 10
    assert [t.secret for t in targets_of(f"{HOOK}/a#{SECRET} {HOOK}/b", other, VAULT)] == [SECRET, other]
    assert "#" not in targets_of(f"{HOOK}#{SECRET}", "", VAULT)[0].url


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        (HOOK, "address 1 is a webhook without a secret"),
        (f"ntfy://a {HOOK}#whsec_short", "address 2 has a secret that is not whsec_"),
        (f"webhook+https://name:word@hooks.example.org/#{SECRET}", "address 1 has no host, or a name and password in it"),
        (f"webhook+https://hooks.example.org:port/#{SECRET}", "address 1 is no address"),
        ("hooks.example.org", "address 1 is no address"),
    ],
)
def test_what_cannot_be_used_is_said_by_its_number_alone(urls: str, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        targets_of(urls, "", VAULT)
    assert said in str(caught.value)
    assert "hooks" not in str(caught.value)


def test_an_address_that_is_named_twice_is_one_target_with_a_key_that_does_not_give_it_away() -> None:
    (only,) = targets_of(f"{HOOK}#{SECRET} {HOOK}#{SECRET}", "", VAULT)
    assert targets_of(f"{HOOK}#{SECRET}", "", Vault([Fernet.generate_key().decode()]))[0].key != only.key


def test_every_kind_of_news_has_words() -> None:
    facts = {"user": "anna", "product": "instagram", "track": "own_data", "state": "authentication_error", "since": None, "due": None}
    numbers = {"week": "2025-W21", "changes": 1, "deadlines": 0, "mailboxes": 0, "cases": {"pending": 2}}
    for kind in TELLERS:
        title, text = in_words(kind, facts | numbers)
        assert title
        assert text


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "data")


def test_the_command_tries_every_target_and_says_what_happened(program: Program) -> None:
    program.environment["DEMUR_NOTIFY_URLS"] = f"webhook+https://127.0.0.1:9/secret-path#{SECRET}"
    done = program.run("notify", "--test", code=2)
    assert "BAD 1 webhook 127.0.0.1: not sent: 127.0.0.1 leads to 127.0.0.1, which is not on the public internet" in done.stdout
    assert "1 of 1 targets did not take the test message" in done.stderr
    assert "secret-path" not in done.stdout + done.stderr


def test_the_command_lists_targets_and_what_waits(program: Program) -> None:
    assert "Nobody is told" in program.run("notify").stdout
    assert program.run("notify", "--pending").stdout == "Nothing waits.\n"
    assert program.json("notify", "--pending") == []
    assert "set DEMUR_NOTIFY_URLS" in program.run("notify", "--test", code=2).stderr
    secret = program.run("notify", "--new-secret").stdout.strip()
    program.environment |= {"DEMUR_NOTIFY_URLS": f"{HOOK}/path", "DEMUR_NOTIFY_SECRET": secret}
    assert program.json("notify") == {"targets": ["1 webhook hooks.example.org"], "deliveries": {}}
    assert "ok  news: told to 1 webhook hooks.example.org; 0 wait" in program.run("doctor", code=None).stdout


def test_the_addresses_may_lie_in_a_file(program: Program, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text(f"{HOOK}#{SECRET}\nntfy://topic\n")
    program.environment["DEMUR_NOTIFY_URLS_FILE"] = str(tmp_path / "urls")
    assert program.json("notify")["targets"] == ["1 webhook hooks.example.org", "2 ntfy"]


@pytest.mark.parametrize(("url", "extra"), [("ntfy://topic", "apprise"), (f"{HOOK}#{SECRET}", "standardwebhooks")])
def test_a_missing_extra_is_said_in_one_line(program: Program, monkeypatch: pytest.MonkeyPatch, url: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, extra, None)
    program.environment["DEMUR_NOTIFY_URLS"] = url
    assert program.run("notify", "--test", code=2).stderr == (
        "demur: telling news needs `pip install 'demur[notify]'`, or unset DEMUR_NOTIFY_URLS\n"
    )


def test_what_apprise_does_not_know_is_said_without_the_address(program: Program) -> None:
    program.environment["DEMUR_NOTIFY_URLS"] = "nonsense://my-token/x"
    said = program.run("notify", "--test", code=2).stderr
    assert "address 1 nonsense is nothing that Apprise knows" in said
    assert "my-token" not in said
