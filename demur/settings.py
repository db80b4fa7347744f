"""Settings: command line, then environment (`DEMUR_…`), then `demur.toml`, then defaults. Every secret also as `DEMUR_…_FILE`."""

import os
import sys
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ledger.errors import OperatorError

SECRETS = ("secret_key", "database_url", "oauth_google_client_secret", "notify_urls", "notify_secret")
BACKENDS = frozenset({"", "loky", "threading", "dask"})


def default_data() -> Path:
    """The platform's folder for a user's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/demur"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "demur"


def _secret_files() -> dict[str, str]:
    """Secrets from `DEMUR_…_FILE` and from systemd's credential folder."""
    found = {}
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    for name in SECRETS:
        variable = f"DEMUR_{name.upper()}"
        named = os.environ.get(f"{variable}_FILE")
        path = Path(named) if named else Path(credentials) / variable.lower() if credentials else None
        if path is None or (not named and not path.is_file()):
            continue
        try:
            found[name] = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise OperatorError(f"{variable}_FILE: cannot read {path}: {error.strerror}") from None
    return found


class Settings(BaseSettings):
    """All settings. Units are in the names or in the descriptions."""

    model_config = SettingsConfigDict(env_prefix="DEMUR_", toml_file="demur.toml", extra="ignore")

    data: Path = Field(default_factory=default_data, description="folder for the database, keys, models")
    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy address; default SQLite in the data folder")
    secret_key: SecretStr | None = Field(
        default=None, description="Fernet key(s), newest first, comma-separated; else a 0600 file in the data folder"
    )
    nameservers: str = Field(default="", description="host:port,… for DKIM keys; default the system's")
    arc_sealers: str = Field(default="", description="domains of forwarders, comma-separated, whose ARC seals count as proof")
    allow_loopback_mail: bool = Field(default=False, description="plain text to mail servers on this machine")
    abstain_below: float | None = Field(default=None, ge=0, le=1, description="least confidence for every outcome; default the model's own")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING, ERROR")
    log_format: str = Field(default="text", description="text or json")
    probe_links: bool = Field(default=False, description="look at the forms that mails link to, on Meta's own hosts only")
    oauth_microsoft_client_id: str = Field(default="", description="client id of your app registration at Microsoft, for --oauth microsoft")
    oauth_google_client_id: str = Field(default="", description="client id of your desktop app at Google, for --oauth google")
    oauth_google_client_secret: SecretStr | None = Field(default=None, description="the client secret that belongs to it")
    notify_urls: SecretStr | None = Field(default=None, description="where news are sent: webhook+https://… or what Apprise knows")
    notify_secret: SecretStr | None = Field(default=None, description="whsec_… by which webhooks are signed")
    metrics: bool = Field(default=True, description="serve /metrics")
    fixtures: str = Field(default="", description="folders of labelled mails for trainings, comma-separated; default the shipped ones")
    joblib_backend: str = Field(default="", description="loky, threading, dask or dask:tcp://host:port for trainings and replays")
    dask_scheduler: str | None = Field(default=None, description="tcp://host:port of a Dask scheduler; default a cluster on this machine")

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("is one of DEBUG, INFO, WARNING, ERROR")
        return value.upper()

    @field_validator("joblib_backend")
    @classmethod
    def _backend(cls, value: str) -> str:
        if value.partition(":")[0] not in BACKENDS or (":" in value and not value.startswith("dask:")):
            raise ValueError("is one of loky, threading, dask, or dask:tcp://host:port")
        return value

    @field_validator("log_format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value not in {"text", "json"}:
            raise ValueError("is text or json")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def fixture_folders(self) -> tuple[Path, ...]:
        """DEMUR_FIXTURES as folders; none: the shipped mails are meant."""
        return tuple(Path(part.strip()).expanduser() for part in self.fixtures.split(",") if part.strip())

    @property
    def parallel_backend(self) -> str:
        """The joblib backend's name: this machine's cores where none was chosen."""
        return self.joblib_backend.partition(":")[0] or "loky"

    @property
    def scheduler(self) -> str | None:
        """The address of a Dask scheduler, when one was given."""
        return self.joblib_backend.partition(":")[2] or self.dask_scheduler or None

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.data / 'demur.sqlite3'}"

    @property
    def sealers(self) -> frozenset[str]:
        """DEMUR_ARC_SEALERS as domains in lower case."""
        return frozenset(filter(None, (part.strip().lower() for part in self.arc_sealers.split(","))))

    @property
    def name_servers(self) -> tuple[tuple[str, int], ...]:
        """DEMUR_NAMESERVERS as (address, port) pairs. Raises OperatorError when it is not host:port."""
        found = []
        for item in filter(None, (part.strip() for part in self.nameservers.split(","))):
            host, colon, port = item.rpartition(":")
            if not colon or not port.isdecimal():
                host, port = item, "53"
            found.append((host.strip("[]"), int(port)))
        return tuple(found)


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` are those of the command line. Raises OperatorError that names the setting to change."""
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**(_secret_files() | chosen))
    except ValidationError as error:
        first = error.errors()[0]
        name = f"DEMUR_{str(first['loc'][0]).upper()}" if first["loc"] else "demur.toml"
        raise OperatorError(f"{name}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise OperatorError(f"demur.toml cannot be read: {error}") from None
