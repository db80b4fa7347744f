"""What a person may do wrong, and what the world may do: one clear line and exit code 2, or a recorded defect; nothing is lost."""

import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import ROOT, Program
from tests.e2e.story import START, from_meta, mail
from tests.rig.dovecot import PASSWORD, Dovecot
from tests.rig.free import free_port


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Demur with an empty data folder and no network."""
    return Program(tmp_path / "data", {"DEMUR_NAMESERVERS": "127.0.0.1:9", "DEMUR_ALLOW_LOOPBACK_MAIL": "1"})


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """A file with the right password."""
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    return path


def complaint(program: Program, *arguments: str | Path) -> str:
    """The one line that a command ends with: exit code 2, no traceback."""
    done = program.run(*arguments, code=2)
    lines = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    assert lines[-1].startswith("demur: "), done.stderr
    return lines[-1]


@pytest.fixture
def plain_server() -> Iterator[int]:
    """A server that speaks IMAP in plain text only."""
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.sendall(b"* OK plain text only\r\n")
                client.settimeout(2)
                try:
                    client.recv(1000)
                except OSError:
                    continue

    threading.Thread(target=greet, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.mark.server
def test_a_wrong_password_is_named_and_nothing_is_stored(program: Program, dovecot: Dovecot, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password")
    server = ("--host", "127.0.0.1", "--port", str(dovecot.port), "--ca-file", str(dovecot.certificate))
    line = complaint(program, "connect", "wrong@example.org", "--user", "wrong", "--password-file", wrong, *server)
    assert "refused the log-in" in line
    assert "not-the-password" not in line
    assert "no user" in complaint(program, "status", "wrong")


@pytest.mark.server
def test_an_unknown_certificate_is_refused_before_the_password_is_sent(program: Program, dovecot: Dovecot, password: Path) -> None:
    line = complaint(
        program,
        "connect",
        "ca@example.org",
        "--user",
        "ca",
        "--password-file",
        password,
        "--host",
        "127.0.0.1",
        "--port",
        str(dovecot.port),
    )
    assert "--ca-file" in line


def test_an_unreachable_host_is_named(program: Program, password: Path) -> None:
    line = complaint(
        program, "connect", "a@example.org", "--user", "a", "--password-file", password, "--host", "127.0.0.1", "--port", str(free_port())
    )
    assert "cannot be reached" in line


def test_a_plain_text_server_is_not_spoken_to(program: Program, password: Path, plain_server: int) -> None:
    server = ("--host", "127.0.0.1", "--port", str(plain_server))
    assert "does not speak TLS" in complaint(program, "connect", "a@example.org", "--user", "a", "--password-file", password, *server)
    line = complaint(program, "connect", "a@example.org", "--user", "a", "--password-file", password, *server, "--security", "starttls")
    assert "STARTTLS" in line or "ended or refused" in line


def test_plain_text_needs_the_operators_permission(tmp_path: Path, password: Path, plain_server: int) -> None:
    strict = Program(tmp_path / "strict")
    server = ("--host", "127.0.0.1", "--port", str(plain_server), "--security", "loopback")
    line = complaint(strict, "connect", "a@example.org", "--user", "a", "--password-file", password, *server)
    assert "DEMUR_ALLOW_LOOPBACK_MAIL" in line


def test_an_empty_folder_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no mails" in complaint(program, "import", tmp_path / "empty", "--user", "a")
    assert "does not exist" in complaint(program, "import", tmp_path / "nowhere", "--user", "a")


def test_a_zip_bomb_is_refused_and_the_mails_beside_it_are_read(program: Program, tmp_path: Path) -> None:
    archive = tmp_path / "mails.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("bomb.eml", b"From: a@b.example\r\n\r\n" + b"\0" * 200_000_000)
        out.writestr("good.eml", mail("Hello", "Meta AI and your objection", "a@example.org", "b@example.org", START))
    done = program.run("classify", archive, "--json", code=2)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "zip bomb" in lines[0]["error"]
    assert lines[1]["outcome"]
    assert "1 mail could not be read" in done.stderr


def test_a_mail_of_100_mb_is_read_in_part_with_a_defect(program: Program, tmp_path: Path) -> None:
    huge = tmp_path / "huge.eml"
    huge.write_bytes(mail("Huge", "Meta AI objection", "a@example.org", "b@example.org", START) + b"x" * 100_000_000)
    [line] = [json.loads(text) for text in program.run("classify", huge, "--json").stdout.splitlines()]
    assert any("larger than" in defect for defect in line["defects"])


def test_an_mbox_cut_in_the_middle_keeps_what_is_whole_and_marks_the_rest(program: Program, tmp_path: Path) -> None:
    mails = [mail(f"Mail {n}", "About Meta AI and your objection\nline two", "a@example.org", "b@example.org", START) for n in range(3)]
    whole = b"".join(b"From a@example.org Thu May  1 09:00:00 2025\n" + raw.replace(b"\r\n", b"\n") + b"\n" for raw in mails)
    cut = tmp_path / "cut.mbox"
    cut.write_bytes(whole[:-12])
    lines = [json.loads(text) for text in program.run("classify", cut, "--json").stdout.splitlines()]
    assert [line["subject"] for line in lines] == ["Mail 0", "Mail 1", "Mail 2"]
    assert [bool(line["defects"]) for line in lines] == [False, False, True]


def test_a_file_that_cannot_be_read_is_an_error_object_and_the_run_goes_on(program: Program, tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(mail("Good", "Hello", "a@example.org", "b@example.org", START))
    done = program.run("classify", tmp_path / "missing.eml", good, "--json", code=2)
    first, second = [json.loads(text) for text in done.stdout.splitlines()]
    assert first == {"path": str(tmp_path / "missing.eml"), "error": "does not exist"}
    assert second["subject"] == "Good"


def test_a_model_file_with_a_wrong_digest_is_refused_before_anything_in_it_runs(program: Program, tmp_path: Path) -> None:
    program.run("token", "create", "--admin")
    models = tmp_path / "data" / "models"
    version = next(path for path in (ROOT / "models").iterdir() if path.is_dir())
    copied = models / version.name
    copied.mkdir(parents=True)
    for path in version.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    (models / "pins.json").write_bytes((ROOT / "models" / "pins.json").read_bytes())
    (models / "current").write_text(version.name + "\n")
    marker = tmp_path / "marker"
    planted = f"import os, pickle\nclass P:\n    def __reduce__(self):\n        return os.system, ('touch {marker}',)\nopen({str(copied / 'model.joblib')!r}, 'wb').write(pickle.dumps(P()))"
    subprocess.run([sys.executable, "-c", planted], check=True)
    line = complaint(program, "classify", ROOT / "fixtures" / "notice")
    assert "is not opened" in line
    assert not marker.exists()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert "DEMUR_DATA" in complaint(Program(blocked), "token", "create", "--admin")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a file system")
@pytest.mark.parametrize("option", ["size=1m", "ro"])
def test_a_full_or_read_only_data_folder_is_named_and_nothing_is_lost(tmp_path: Path, option: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    program = Program(data, {"DEMUR_NAMESERVERS": "127.0.0.1:9"})
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"{option},mode=0700", "tmpfs", str(data)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this sandbox does not mount")
    try:
        many = tmp_path / "many"
        many.mkdir()
        for number in range(60):
            noise = os.urandom(40_000).hex()
            (many / f"{number}.eml").write_bytes(
                mail(f"Meta AI {number}", f"Your objection {noise}", "a@facebookmail.com", "b@example.org", START)
            )
        line = complaint(program, "import", many, "--user", "anna")
        assert "full" in line or "DEMUR_DATA" in line
    finally:
        subprocess.run(["umount", str(data)], check=True)


def test_a_second_run_on_the_same_data_folder_is_refused(program: Program) -> None:
    with program.running():
        line = complaint(program, "run", "--port", str(free_port()))
    assert "another `demur run`" in line


def test_a_port_that_is_taken_is_named(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "--port" in complaint(program, "run", "--port", str(taken.getsockname()[1]))


def test_the_process_ends_with_the_exit_code_of_the_command(program: Program, tmp_path: Path) -> None:
    assert program.process("--version").stdout.strip()
    assert program.process("import", tmp_path / "nowhere", "--user", "a", code=2).stderr.startswith("demur: ")


def test_run_ends_cleanly_on_sigterm(program: Program) -> None:
    running = program.start()
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("DEMUR_LOG_LEVEL", "LOUD"), ("DEMUR_ABSTAIN_BELOW", "7"), ("DEMUR_SECRET_KEY", "short"), ("DEMUR_DATABASE_URL", "mysql://x")],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, setting: str, value: str) -> None:
    assert setting in complaint(Program(tmp_path / "data", {setting: value}), "token", "create", "--admin")


def test_importing_the_same_mails_twice_changes_nothing(tmp_path: Path, signing_key: SigningKey, nameserver: NameServer) -> None:
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    folder = tmp_path / "mails"
    folder.mkdir()
    for number, outcome in enumerate(("notice", "receipt", "rejection")):
        (folder / f"{number}.eml").write_bytes(from_meta(signing_key, outcome, "anna@example.org", number).replace(b"\r\n", b"\n"))
    first = program.json("import", folder, "--user", "anna")
    assert first["recorded"] == 3
    assert program.json("import", folder, "--user", "anna")["recorded"] == 0
    assert [case["state"] for case in program.json("status", "anna")["cases"]] == ["rejected"]
