"""A bundle holds what the ledger holds, and opens without Demur."""

import csv
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from starlette.testclient import TestClient

from api.evidence.signer import own_signer
from ledger.mailboxes import Cursor
from ledger.record import Arrival, Batch
from ledger.trust import Trust
from ledger.vault import Vault
from tests.api.test_links import FORM, found_broken, notice
from tests.api.world import World, decision_of
from tests.evidence.bundles import CARDS, RAW, checked, content, export, fill, sha256sum, unpacked

GENESIS = "0" * 64


@pytest.fixture
def bundle(world: World, tmp_path: Path) -> Path:
    fill(world)
    export(world, tmp_path / "anna.zip")
    return tmp_path / "anna.zip"


def test_a_bundle_holds_the_mails_byte_for_byte_with_headers_and_verdicts(bundle: Path) -> None:
    files = content(bundle)
    mails = {name: data for name, data in files.items() if name.startswith("mails/")}
    assert sorted(mails.values()) == [RAW + b"1", RAW + b"2", RAW + b"3"]
    for name, data in mails.items():
        sha256 = hashlib.sha256(data).hexdigest()
        assert name == f"mails/{sha256}.eml"
        assert files[f"headers/{sha256}.txt"] == data.partition(b"\r\n\r\n")[0] + b"\r\n"
        (verdict,) = json.loads(files[f"verdicts/{sha256}.json"])
        assert (verdict["said"]["trust"], verdict["said"]["trust_reason"]) == ("proven", "DKIM d=facebookmail.com")


def test_a_bundle_holds_the_cards_of_the_models_that_decided(bundle: Path) -> None:
    files = content(bundle)
    assert {name: files[f"models/2025.06.01-abc123/{name}"] for name in CARDS} == CARDS


def test_a_bundle_opens_without_demur(bundle: Path, tmp_path: Path) -> None:
    folder = unpacked(bundle, tmp_path / "open")
    assert sha256sum(folder).returncode == 0
    (folder / "timeline.csv").write_bytes(b"x")
    assert "timeline.csv: FAILED" in sha256sum(folder).stdout
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public-key.pem", "-rawin", "-in", "SHA256SUMS", "-sigfile"]
    assert subprocess.run([*words, "SHA256SUMS.sig"], cwd=folder, capture_output=True).returncode == 0


def test_the_readme_s_recipe_gives_the_chain(bundle: Path) -> None:
    files = content(bundle)
    previous = GENESIS
    for line in map(json.loads, files["entries.jsonl"].decode().splitlines()):
        parts = [previous, "anna", str(line["seq"]), line["at"], line["recorded_at"], line["kind"], line["body"]]
        previous = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        assert line["hash"] == previous
    assert previous in files["README.txt"].decode()


def test_the_same_ledger_at_the_same_moment_gives_the_same_bytes(world: World, bundle: Path, tmp_path: Path) -> None:
    export(world, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_the_page_needs_nothing_else_and_can_be_printed(bundle: Path) -> None:
    page = content(bundle)["timeline.html"].decode()
    assert "@media print" in page
    assert "confirmation" in page
    assert not any(mark in page for mark in ("<script", "src=", "href=", "url(", "@import"))


def test_what_a_mail_says_is_only_text_on_the_page(world: World, tmp_path: Path) -> None:
    world.mail("anna", "receipt", "2025-05-02", subject="<script>alert(1)</script>", phrases=("<img src=x onerror=alert(1)>",))
    export(world, tmp_path / "anna.zip")
    page = content(tmp_path / "anna.zip")["timeline.html"].decode()
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK()", "＝1+1"])
def test_no_cell_of_the_table_is_a_formula(world: World, tmp_path: Path, formula: str) -> None:
    world.mail("anna", "receipt", "2025-05-02", subject=formula, phrases=(formula,))
    export(world, tmp_path / "anna.zip")
    (row,) = csv.DictReader(content(tmp_path / "anna.zip")["timeline.csv"].decode().splitlines(keepends=True))
    assert row["subject"].startswith("'")
    assert row["phrases"].startswith("'")
    assert float(row["confidence"]) == 0.98


def test_a_mail_that_is_not_kept_is_named(world: World, tmp_path: Path) -> None:
    fill(world)
    world.ledger.record.write(world.user("anna"), world.now, decision_of("f" * 64, "receipt"), world.now)
    export(world, tmp_path / "anna.zip")
    assert json.loads(content(tmp_path / "anna.zip")["manifest.json"])["mails_not_kept"] == ["f" * 64]
    assert checked(tmp_path / "anna.zip").findings == []


def test_a_user_of_whom_nothing_is_known_has_a_bundle_too(world: World, tmp_path: Path) -> None:
    export(world, tmp_path / "anna.zip")
    assert checked(tmp_path / "anna.zip").findings == []


def test_the_key_is_the_same_wherever_the_secret_key_is_and_another_elsewhere(world: World, tmp_path: Path) -> None:
    one, other = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    assert own_signer(Vault([one])).fingerprint == own_signer(Vault([one, other])).fingerprint
    assert own_signer(Vault([one])).fingerprint != own_signer(Vault([other])).fingerprint


def test_no_secret_is_in_a_bundle(world: World, tmp_path: Path) -> None:
    fill(world)
    world.mailbox("anna@example.org", "anna")
    token = world.token("anna")
    export(world, tmp_path / "anna.zip")
    raw = (tmp_path / "anna.zip").read_bytes()
    assert b"top-secret-password" not in raw
    assert token.encode() not in raw
    assert b"PRIVATE" not in raw


def test_the_owner_gets_the_bundle_over_http(world: World, anna: TestClient, tmp_path: Path) -> None:
    fill(world, trust=Trust.UNPROVEN)
    answer = anna.get("/users/anna/evidence.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    (tmp_path / "anna.zip").write_bytes(answer.content)
    assert zipfile.is_zipfile(tmp_path / "anna.zip")
    assert checked(tmp_path / "anna.zip", answer.headers["Demur-Fingerprint"]).findings == []


def test_the_looks_at_the_forms_are_in_the_bundle(world: World, tmp_path: Path) -> None:
    notice(world, "anna")
    found_broken(world, "anna")
    export(world, tmp_path / "anna.zip")
    (link,) = json.loads(content(tmp_path / "anna.zip")["probes.json"])
    assert (link["url"], link["standing"], len(link["probes"])) == (FORM, "broken", 4)
    assert checked(tmp_path / "anna.zip").findings == []


def test_a_mail_of_which_only_the_beginning_is_kept_is_named(world: World, tmp_path: Path) -> None:
    sha256 = "e" * 64
    mail = Arrival(1, sha256, b"Subject: the beginning\r\n\r\nof 20 MB", world.now, "stored")
    world.ledger.record.store(Batch(world.mailbox("big@example.org", "anna"), "INBOX", Cursor(1, 1), (mail,)))
    world.ledger.record.write(world.user("anna"), world.now, decision_of(sha256, "receipt"), world.now)
    export(world, tmp_path / "anna.zip")
    files = content(tmp_path / "anna.zip")
    assert files[f"mails/{sha256}.beginning.eml"] == mail.raw
    assert json.loads(files["manifest.json"])["mails_shortened"] == [sha256]
    assert checked(tmp_path / "anna.zip").findings == []
