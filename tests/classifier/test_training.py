"""Training: what is missing is named, what fails leaves the champion in place, what is worse is not promoted."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.augment import COPIES, augmented, with_words_missing
from classifier.evaluate import calibration_error, evaluate
from classifier.explain import explain
from classifier.fixtures import Labelled, load
from classifier.registry import Registry
from classifier.retrain import Retrained, lower_bound, objections
from classifier.suspects import suspects
from classifier.train import softmax, temperature_of, threshold_of
from demur import shipped
from ingest.decide import read
from ledger.errors import OperatorError
from ledger.lease import file_lease
from ledger.outcome import Outcome
from tests.classifier.conftest import ROOT
from tests.e2e.program import Program
from tests.rig.free import until

Train = Callable[..., Retrained]


def copy_of(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "copy"))


def test_an_outcome_without_mails_is_named_and_the_champion_stays(
    train: Train, registry: Registry, champion: str, small: Path, tmp_path: Path
) -> None:
    folder = copy_of(small, tmp_path)
    shutil.rmtree(folder / "receipt")
    with pytest.raises(OperatorError, match="receipt"):
        train(folder)
    assert registry.current_version() == champion


def test_an_empty_folder_is_named(train: Train, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no mails"):
        train(tmp_path)


def test_a_broken_mail_among_the_labelled_ones_is_read_like_any_other(train: Train, few: Path, tmp_path: Path) -> None:
    folder = copy_of(few, tmp_path)
    (folder / "unrelated" / "en-broken.1.eml").write_bytes(b"\xff\0garbage" * 1000)
    (folder / "unrelated" / "en-empty.1.eml").write_bytes(b"")
    assert train(folder).promoted


def test_labelled_mails_are_shared_out_by_template_never_by_mail(mails: list[Labelled]) -> None:
    from classifier.train import by_template

    for train, test in by_template(mails):
        assert not {mails[i].template for i in train} & {mails[i].template for i in test}


def trained_by_command(data: Path, few: Path, limit: str = "") -> "subprocess.Popen[str]":
    """`demur train` in a process of its own, behind a shell's limit."""
    environment = os.environ | {"DEMUR_DATA": str(data), "PYTHONPATH": str(ROOT)}
    command = f'{limit} exec "$0" -m demur train --fixtures "$1"'
    return subprocess.Popen(["bash", "-c", command, sys.executable, str(few)], env=environment, stderr=subprocess.PIPE, text=True)


def assert_champion_decides(data: Path) -> None:
    """The shipped model is current, opens, and nothing that is half there is listed."""
    registry = Registry(data / "models", shipped.models())
    assert registry.current().version == Registry(ROOT / "nowhere", shipped.models()).current_version()
    assert all(registry.open(card.version) for card in registry.versions())


def test_a_full_disk_leaves_the_champion_in_place(tmp_path: Path, few: Path) -> None:
    """A limit on the size of files fails writes as a full disk does."""
    training = trained_by_command(tmp_path / "data", few, limit="ulimit -f 4;")
    _, said = training.communicate(timeout=60)
    assert training.returncode == 2, said
    assert "cannot write the model" in said
    assert "stays as it is" in said
    assert "Traceback" not in said
    assert_champion_decides(tmp_path / "data")
    assert not list((tmp_path / "data" / "models").glob(".*"))


def test_a_disk_that_is_full_when_a_model_is_promoted_leaves_the_champion_in_place(
    registry: Registry, champion: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(registry.own / champion, registry.own / "second")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OperatorError, match="No space left"):
        registry.promote("second")
    assert registry.current().version == champion
    assert not list(registry.own.glob(".current-*"))


def dies(*arguments: object, **options: object) -> None:
    """What a kill does to a process that was about to call something else."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("moment", ["joblib.dump", "classifier.registry.write_card", "os.replace", "pathlib.Path.rename"])
def test_a_kill_in_the_middle_of_writing_leaves_the_champion_in_place(registry: Registry, champion: str, moment: str) -> None:
    model, card = registry.current(), replace(registry.versions()[0], version="killed")
    child = os.fork()
    if child == 0:
        pytest.MonkeyPatch().setattr(moment, dies)
        registry.add(model, card)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it came past the moment of its death"
    assert [found.version for found in registry.versions()] == [champion]
    assert registry.current().version == champion
    assert registry.add(model, card).version == "killed"
    assert registry.open("killed").version == "killed"


def test_a_kill_while_it_learns_leaves_the_champion_in_place(tmp_path: Path, few: Path) -> None:
    training = trained_by_command(tmp_path / "data", few)
    lock = tmp_path / "data" / "locks" / "training.lock"
    until(lambda: lock.exists() or training.poll() is not None, 60, "the training")
    training.kill()
    training.communicate()
    assert_champion_decides(tmp_path / "data")
    with file_lease(lock) as held:
        assert held, "a kill must not keep the next training out"


def test_a_candidate_that_is_worse_on_the_hold_out_is_kept_but_not_promoted(
    train: Train, registry: Registry, champion: str, small: Path, tmp_path: Path
) -> None:
    folder = copy_of(small, tmp_path)
    for number, path in enumerate(sorted((folder / "rejection").glob("*.eml"))):
        if number > 1:
            path.rename(folder / "confirmation" / f"de-wrong{number}.1.eml")
    result = train(folder, holdout=small)
    assert not result.promoted
    assert any("rejection" in reason or "wrong" in reason for reason in result.reasons)
    assert registry.current_version() == champion
    assert registry.open(result.card.version)


def test_the_gate_allows_chance_and_refuses_a_wrong_decisive_outcome(mails: list[Labelled], registry: Registry) -> None:
    judged = evaluate(registry.current(), mails)
    assert objections(judged, judged) == ()
    assert objections(replace(judged, wrong_decisive=judged.wrong_decisive + 1), judged) != ()
    worse = judged.outcomes | {"notice": replace(judged.outcomes["notice"], recall=0.1)}
    assert objections(replace(judged, outcomes=worse), judged) != ()


def test_the_same_mails_give_the_same_model(train: Train, registry: Registry, champion: str) -> None:
    first, second = next(card for card in registry.versions() if card.version == champion), train().card
    assert first.data_digest == second.data_digest
    assert first.thresholds == second.thresholds


def test_copies_with_words_missing_keep_text_and_labels(mails: list[Labelled]) -> None:
    messages = [mail.message for mail in mails]
    more, labels = augmented(messages, [mail.outcome.value for mail in mails])
    assert len(more) == len(labels) == len(messages) * (COPIES + 1)
    assert more[: len(messages)] == messages
    assert sum(len(m.hits) for m in more[len(messages) : 2 * len(messages)]) < sum(len(m.hits) for m in messages)
    import random

    assert set(with_words_missing(messages[0], random.Random(1)).hits) <= set(messages[0].hits)


def test_temperature_makes_boastful_confidence_honest() -> None:
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 8, 2000)
    logits = chance.normal(size=(2000, 8))
    logits[np.arange(2000), truth] += 2.0
    found = temperature_of(logits * 5, truth)
    confidence = softmax(logits * 5, found)
    right = confidence.argmax(axis=1) == truth
    assert calibration_error(list(confidence.max(axis=1)), list(right)) < 0.05
    assert calibration_error(list(softmax(logits * 5).max(axis=1)), list(right)) > 0.1


def test_a_threshold_rises_above_a_wrong_confirmation_that_costs_more_than_reviews() -> None:
    probabilities = np.array([[0.60, 0.40], [0.70, 0.30], [0.80, 0.20], [0.90, 0.10]])
    predicted, truth = np.zeros(4, dtype=int), np.array([0, 1, 0, 0])
    assert 0.70 < threshold_of(Outcome.CONFIRMATION, probabilities, predicted, truth, 0) <= 0.80
    assert threshold_of(Outcome.CONFIRMATION, probabilities, predicted, np.zeros(4, dtype=int), 0) <= 0.60


def test_the_lower_end_of_a_recall_from_few_mails_is_far_below_it() -> None:
    assert lower_bound(1.0, 5) < 0.6 < lower_bound(1.0, 500) < 1.0
    assert lower_bound(0.5, 0) == 0.0


def test_every_decision_of_the_shipped_model_names_words_that_it_rests_on(mails: list[Labelled]) -> None:
    model = Registry(ROOT / "nowhere", shipped.models()).current()
    decisive = [mail for mail in mails if mail.outcome in (Outcome.CONFIRMATION, Outcome.REJECTION)]
    for mail, reasons in zip(decisive, explain(model, [m.message for m in decisive], [m.outcome for m in decisive]), strict=True):
        located = [reason for reason in reasons if reason.spans]
        assert located, mail.name
        assert all(mail.message.text[a:b] in reason.words for reason in located for a, b in reason.spans)


def test_a_mail_that_was_cut_after_its_headers_is_left_to_a_person() -> None:
    model = Registry(ROOT / "nowhere", shipped.models()).current()
    cut = read(b"From: Meta <privacy@support.facebook.com>\r\nTo: anna@example.org\r\nSubject: Ihr Anliegen\r\n\r\n")
    [prediction] = model.predict([cut], abstain_below=0.0)
    assert prediction.abstained or prediction.outcome is Outcome.UNRELATED


def test_a_folder_given_by_hand_is_evaluated_with_the_current_model(small: Path, registry: Registry) -> None:
    report = evaluate(registry.current(), load(small, read))
    assert report.mails == sum(score.mails for score in report.outcomes.values())
    assert set(report.languages) == {"de"}
    assert report.languages["de"].mails == sum(report.languages["de"].outcomes.values())


def test_the_label_that_is_believed_least_comes_first(mails: list[Labelled]) -> None:
    classes = [Outcome.CONFIRMATION, Outcome.REJECTION]
    said = [
        replace(mails[0], outcome=outcome, name=name)
        for name, outcome in (("sure", classes[0]), ("wrong", classes[0]), ("doubt", classes[1]))
    ]
    found = suspects(said, np.array([[0.9, 0.1], [0.02, 0.98], [0.6, 0.4]]), classes)
    assert [(s.name, s.label, s.predicted, s.self_confidence) for s in found] == [
        ("wrong", Outcome.CONFIRMATION, Outcome.REJECTION, 0.02),
        ("doubt", Outcome.REJECTION, Outcome.CONFIRMATION, 0.4),
        ("sure", Outcome.CONFIRMATION, Outcome.CONFIRMATION, 0.9),
    ]


def test_labels_to_look_at_are_listed_with_their_files(few: Path, tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    found = program.json("evaluate", "--label-errors", "--fixtures", few)
    assert len(found) == 20
    assert all((few / row["path"]).exists() and row["path"].startswith(row["label"]) for row in found)
    beliefs = [row["self_confidence"] for row in found]
    assert beliefs == sorted(beliefs)
    assert found[0]["path"] in program.run("evaluate", "--label-errors", "--fixtures", few).stdout
