"""Secrets at rest: sealed for one purpose, opened by the right key only, and the key is its owner's alone."""

import os
import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ledger.errors import OperatorError
from ledger.vault import Vault, key_file

CANARY = b"canary-in-the-coal-mine"


@pytest.fixture
def key() -> str:
    return Fernet.generate_key().decode()


def test_what_was_sealed_opens_again(key: str) -> None:
    vault = Vault([key])
    assert vault.open("mailbox:anna", vault.seal("mailbox:anna", CANARY)) == CANARY


@pytest.mark.parametrize("secret", [b"", b"\0", b"a\0b", bytes(range(256))])
def test_any_bytes_can_be_sealed(key: str, secret: bytes) -> None:
    vault = Vault([key])
    assert vault.open("mail:1", vault.seal("mail:1", secret)) == secret


def test_a_sealed_secret_shows_nothing_and_is_never_sealed_alike(key: str) -> None:
    vault = Vault([key])
    first, second = vault.seal("p", CANARY), vault.seal("p", CANARY)
    assert CANARY not in first
    assert first != second


def test_a_secret_that_was_moved_to_another_row_does_not_open(key: str) -> None:
    vault = Vault([key])
    with pytest.raises(OperatorError, match="belongs to another row"):
        vault.open("mailbox:ben", vault.seal("mailbox:anna", CANARY))


def test_another_key_does_not_open_it(key: str) -> None:
    with pytest.raises(OperatorError, match="DEMUR_SECRET_KEY"):
        Vault([Fernet.generate_key().decode()]).open("p", Vault([key]).seal("p", CANARY))


def test_an_altered_secret_does_not_open(key: str) -> None:
    vault = Vault([key])
    sealed = bytearray(vault.seal("p", CANARY))
    sealed[40] ^= 1
    with pytest.raises(OperatorError):
        vault.open("p", bytes(sealed))


def test_after_a_change_of_keys_old_secrets_open_and_new_ones_need_the_new_key(key: str) -> None:
    newer = Fernet.generate_key().decode()
    old = Vault([key]).seal("p", CANARY)
    both = Vault([newer, key])
    assert both.open("p", old) == CANARY
    assert Vault([newer]).open("p", both.seal("p", CANARY)) == CANARY


@pytest.mark.parametrize("keys", [[], [""], ["short"], ["ключ" * 11], ["A" * 44]])
def test_a_malformed_key_is_said_in_one_line(keys: list[str]) -> None:
    with pytest.raises(OperatorError, match="DEMUR_SECRET_KEY") as error:
        Vault(keys)
    assert "\n" not in str(error.value)


# the key file


def test_a_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    key = key_file(path)
    Vault([key])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert key_file(path) == key
    assert os.listdir(path.parent) == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    key_file(path)
    path.chmod(mode)
    with pytest.raises(OperatorError, match="chmod 600"):
        key_file(path)


def test_those_who_start_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    path, found, start = tmp_path / "secret.key", list[str](), threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(key_file(path))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
