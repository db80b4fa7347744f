"""Where the model and the fixtures that come with Demur lie: in the package, or in a checkout."""

from pathlib import Path

HERE = Path(__file__).parent


def _shipped(name: str) -> Path:
    packed = HERE / "shipped" / name
    return packed if packed.is_dir() else HERE.parent / name


def models() -> Path:
    """The folder of the shipped models."""
    return _shipped("models")


def fixtures() -> Path:
    """The folder of the shipped fixtures."""
    return _shipped("fixtures")
