"""Whatever is altered in a bundle is found, and named."""

import json
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.evidence.manifest import Contents
from api.evidence.signer import own_signer
from api.evidence.verify import plain_fingerprint
from ledger.errors import OperatorError
from ledger.vault import Vault
from tests.api.world import World
from tests.e2e.program import Program
from tests.evidence.bundles import blamed, checked, content, export, fill, flipped, packed

SEALED = {"SHA256SUMS", "SHA256SUMS.sig", "public-key.pem"}


@pytest.fixture
def bundle(world: World, tmp_path: Path) -> Path:
    fill(world)
    export(world, tmp_path / "anna.zip")
    return tmp_path / "anna.zip"


def test_an_untouched_bundle_is_whole(world: World, bundle: Path) -> None:
    found = checked(bundle)
    assert found.findings == []
    assert found.fingerprint == own_signer(world.ledger.vault).fingerprint
    assert (found.facts["user"], found.facts["entries"], found.facts["mails"]) == ("anna", 4, 3)


def test_one_byte_altered_in_any_file_is_found_and_the_file_is_named(bundle: Path, tmp_path: Path) -> None:
    files = content(bundle)
    assert len(files) > 18
    for name, data in files.items():
        for offset in {0, len(data) // 2, len(data) - 1}:
            found = checked(packed(files | {name: flipped(data, offset)}, tmp_path / "altered.zip"))
            assert not found.whole, (name, offset)
            assert name in blamed(found) or (name in SEALED and blamed(found) & SEALED), (name, blamed(found))


def test_any_byte_of_the_zip_itself_altered_is_found(bundle: Path, tmp_path: Path) -> None:
    raw = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as opened:
        headers = {o for info in opened.infolist() for o in range(info.header_offset, info.header_offset + 30 + len(info.filename))}
        directory = range(opened.start_dir, len(raw))
    every = sorted(headers | set(directory))
    assert len(every) > 2000
    for offset in every[::7]:
        (tmp_path / "altered.zip").write_bytes(flipped(raw, offset))
        assert not checked(tmp_path / "altered.zip").whole, offset


@pytest.mark.parametrize("change", ["removed", "added", "renamed", "twice", "compressed", "cut", "appended", "commented"])
def test_what_is_done_to_the_files_is_found(bundle: Path, tmp_path: Path, change: str) -> None:
    files = content(bundle)
    mail = next(name for name in files if name.startswith("mails/"))
    altered = tmp_path / "altered.zip"
    if change == "removed":
        packed({name: data for name, data in files.items() if name != mail}, altered)
    elif change == "added":
        packed(files | {"mails/extra.eml": b"x"}, altered)
    elif change == "renamed":
        packed({"mails/other.eml" if name == mail else name: data for name, data in files.items()}, altered)
    elif change == "cut":
        altered.write_bytes(bundle.read_bytes()[:-30])
    elif change == "appended":
        altered.write_bytes(bundle.read_bytes() + b"x")
    else:
        altered.write_bytes(bundle.read_bytes())
        with zipfile.ZipFile(altered, "a", zipfile.ZIP_DEFLATED if change == "compressed" else zipfile.ZIP_STORED) as opened:
            if change == "commented":
                opened.comment = b"hello"
            elif change == "twice":
                with pytest.warns(UserWarning, match="Duplicate"):
                    opened.writestr(mail, b"another")
            else:
                opened.writestr("more.txt", b"x" * 1000)
    found = checked(altered)
    assert not found.whole
    if change in ("removed", "renamed", "twice"):
        assert mail in blamed(found)


def resigned(files: dict[str, bytes], path: Path, vault: Vault) -> Path:
    """The work of a forger who knows how bundles are made and signs with a key of their own."""
    signer, contents = own_signer(vault), Contents()
    facts = {k: v for k, v in json.loads(files["manifest.json"]).items() if k not in ("files", "format")}
    new = {name: data for name, data in files.items() if name not in SEALED | {"manifest.json"}} | {"public-key.pem": signer.public_key}
    for name, data in new.items():
        contents.note(name, data)
    new["manifest.json"] = contents.manifest(facts | {"fingerprint": signer.fingerprint})
    contents.note("manifest.json", new["manifest.json"])
    listing = contents.listing()
    return packed(new | {"SHA256SUMS": listing, "SHA256SUMS.sig": signer.sign(listing)}, path)


def test_a_forger_who_signs_anew_is_found_by_the_fingerprint_alone(world: World, bundle: Path, tmp_path: Path) -> None:
    stranger = Vault([Fernet.generate_key().decode()])
    forged = resigned(content(bundle) | {"timeline.csv": b"invented"}, tmp_path / "forged.zip", stranger)
    assert checked(forged).findings == []
    assert blamed(checked(forged, own_signer(world.ledger.vault).fingerprint)) == {"public-key.pem"}


def test_even_who_holds_the_key_cannot_alter_an_entry_unnoticed(world: World, bundle: Path, tmp_path: Path) -> None:
    files = content(bundle)
    entries = files["entries.jsonl"].replace(b"confirmation", b"rejection")
    found = checked(resigned(files | {"entries.jsonl": entries}, tmp_path / "altered.zip", world.ledger.vault))
    assert blamed(found) >= {"entries.jsonl", "status.json"}


def test_a_mail_that_the_entries_are_not_about_is_found(world: World, bundle: Path, tmp_path: Path) -> None:
    files = content(bundle)
    mail = next(name for name in files if name.startswith("mails/"))
    assert mail in blamed(checked(resigned(files | {mail: b"another"}, tmp_path / "altered.zip", world.ledger.vault)))


def test_a_status_that_the_entries_do_not_add_up_to_is_found(world: World, bundle: Path, tmp_path: Path) -> None:
    files = content(bundle)
    status = files["status.json"].replace(b'"state": "confirmed"', b'"state": "rejected"')
    assert blamed(checked(resigned(files | {"status.json": status}, tmp_path / "a.zip", world.ledger.vault))) == {"status.json"}


@pytest.mark.parametrize("odd", [b"", b"[]", b"null", b'{"user": 1}', b"\xff", b"[" * 3000])
@pytest.mark.parametrize("name", ["manifest.json", "status.json", "entries.jsonl", "SHA256SUMS", "public-key.pem"])
def test_nonsense_in_a_file_is_a_finding_and_no_crash(bundle: Path, tmp_path: Path, name: str, odd: bytes) -> None:
    assert not checked(packed(content(bundle) | {name: odd}, tmp_path / "odd.zip")).whole


@pytest.mark.parametrize("raw", [b"", b"PK", b"no zip at all" * 99])
def test_what_is_no_zip_is_no_bundle(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "no.zip").write_bytes(raw)
    assert blamed(checked(tmp_path / "no.zip")) == {"container"}


def test_a_bundle_that_cannot_be_read_is_the_operator_s_to_mend(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        checked(tmp_path / "missing.zip")
    with pytest.raises(OperatorError, match="64 hex digits"):
        plain_fingerprint("abc")


def test_the_commands_export_and_verify_and_name_what_was_altered(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    program.run("filed", "anna", "--product", "instagram", "--on", "2025-05-13")
    made = program.json("export", "anna", "-o", tmp_path / "anna.zip")
    offline = Program(tmp_path / "nothing" / "here", {"DEMUR_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    offline.data.parent.mkdir()
    found = offline.json("verify", tmp_path / "anna.zip", "--fingerprint", made["fingerprint"])
    assert (found["whole"], found["compared"], found["user"], found["entries"]) == (True, True, "anna", 1)
    assert not offline.data.exists()
    files = content(tmp_path / "anna.zip")
    packed(files | {"timeline.csv": b"x"}, tmp_path / "altered.zip")
    failed = offline.run("verify", tmp_path / "altered.zip", code=2)
    assert "timeline.csv: was altered" in failed.stdout
    assert "timeline.csv" in failed.stderr
    assert program.run("export", "anna", "-o", tmp_path / "no" / "folder.zip", code=2).stderr.startswith("demur: --output")
