"""The registry as people use it over HTTP: real cards, a real training in a process of its own, one at a time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.models import Training, TrainingUnderWayError
from demur.composition import Composition
from demur.models import OwnModels
from demur.settings import Settings
from demur.training import training_lease
from ledger.errors import OperatorError
from ledger.lease import file_lease
from tests.rig.free import until


@pytest.fixture
def models(tmp_path: Path, few: Path) -> Iterator[OwnModels]:
    """The shipped model and room for more; trainings take few mails."""
    found = OwnModels(Composition(Settings(data=tmp_path / "data")), [few])
    yield found
    found.close()


def ended(models: OwnModels) -> Training:
    until(lambda: models.progress().state != "running", 60, "the end of the training")
    return models.progress()


def test_a_training_in_the_background_tells_its_steps_and_leaves_a_model_that_can_be_promoted(models: OwnModels) -> None:
    [shipped] = models.cards()
    assert (shipped.version, shipped.current, len(shipped.outcomes)) == (models.current(), True, 8)
    assert models.train().state == "running"
    with pytest.raises(TrainingUnderWayError):
        models.train()
    until(lambda: models.progress().of > 1, 60, "the first step")
    done = ended(models)
    assert (done.state, done.promoted, done.detail) == ("done", models.current() == done.version, None)
    assert done.promoted or done.reasons
    assert done.version
    assert [card.version for card in models.cards()] == [done.version, shipped.version]
    models.promote(done.version)
    assert models.current() == done.version
    assert models.rollback() == shipped.version


def test_a_training_that_is_stopped_leaves_the_model_in_use(models: OwnModels) -> None:
    before = models.current()
    models.train()
    models.close()
    assert ended(models).state == "failed"
    assert (models.current(), len(models.cards())) == (before, 1)


def test_a_training_that_fails_says_what_to_change(models: OwnModels, few: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(few, tmp_path / "copy")
    shutil.rmtree(folder / "notice")
    lacking = OwnModels(Composition(Settings(data=tmp_path / "data")), [folder])
    lacking.train()
    assert "notice has 0 templates" in str(ended(lacking).detail)


def test_a_training_elsewhere_on_the_same_data_keeps_others_out(models: OwnModels, tmp_path: Path) -> None:
    with training_lease(tmp_path / "data"), pytest.raises(TrainingUnderWayError):
        models.train()
    assert models.progress().state == "idle"
    with file_lease(tmp_path / "data" / "locks" / "training.lock") as held:
        assert held


def test_only_a_model_that_opens_goes_into_the_shadow(models: OwnModels) -> None:
    current = models.current()
    models.set_shadow(current)
    assert (models.shadow(), models.cards()[0].shadow) == (current, True)
    models.set_shadow(None)
    assert models.shadow() is None
    with pytest.raises(OperatorError):
        models.set_shadow("none")
