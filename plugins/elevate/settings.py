"""Where this installation lives and how it reaches its warehouse.

Everything that differs between two installations is here: one state folder, one
file of secrets in it, one file that says where the source systems are. Nothing
else in the library reads the environment.
"""

import json
import os
import secrets as random_secrets
from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from upath import UPath

PROJECT = Path(__file__).resolve().parents[2]

TIME_ZONE = "America/Chicago"
"""The district's: its midnight ends a night."""

LOGIN_ROLES = ("elevate_pipeline", "elevate_steward", "analyst", "bi_reader")
"""Database logins that the platform creates, least powerful last."""


class SettingsError(RuntimeError):
    """The installation is not set up, or set up wrongly; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """One installation, found by its state folder.

    `home` holds landing files, logs, secrets and, where the PostgreSQL is the
    embedded one, its data. It is never inside version control. `database` is the
    warehouse's own but for a replay, which builds a past night in another.
    """

    home: Path
    database: str = "warehouse"

    @classmethod
    def load(cls) -> "Settings":
        """The installation named by `ELEVATE_HOME`, or `.elevate` in the project folder."""
        return cls(Path(os.environ.get("ELEVATE_HOME") or PROJECT / ".elevate").resolve())

    @property
    def landing(self) -> Path | UPath:
        """Root of the immutable landing files: a folder, or with `ELEVATE_LANDING` as `s3://bucket/prefix` a store.

        The store's address and identity come from the variables that its own tools read (`AWS_…`).
        """
        given = os.environ.get("ELEVATE_LANDING")
        if given and "://" in given:
            return UPath(given, use_listings_cache=False)
        return Path(given) if given else self.home / "landing"

    @property
    def feeds(self) -> Path:
        """Root of the contracts, one file a feed."""
        return Path(os.environ.get("ELEVATE_FEEDS") or PROJECT / "feeds")

    @property
    def expectations(self) -> Path:
        """Root of the suites, one file a feed or a published table."""
        return Path(os.environ.get("ELEVATE_EXPECTATIONS") or PROJECT / "expectations")

    @property
    def dbt_project(self) -> Path:
        """The dbt project."""
        return Path(os.environ.get("ELEVATE_DBT_PROJECT") or PROJECT / "dbt_project")

    @property
    def small_cell_threshold(self) -> int:
        """Fewer pupils than this are a small cell, not shown to BI: a variable of the dbt project, with its source.

        Raises SettingsError where it is below 3, of which each could tell the other's.
        """
        threshold = int(self._dbt_variables["small_cell_threshold"])
        if threshold < 3:
            raise SettingsError(f"small_cell_threshold in dbt_project.yml is {threshold}: it must be 3 or more.")
        return threshold

    @property
    def coded_shares(self) -> tuple[tuple[float, float], ...]:
        """Largest size of a group, and the share at either end that BI is told as a range; a variable as well.

        Raises SettingsError where sizes don't ascend to one without an end, or a share is none.
        """
        given = self._dbt_variables["coded_shares"]
        pairs = tuple((inf if size is None else float(size), float(share)) for size, share in given)
        sizes = [size for size, _ in pairs]
        if sizes != sorted(set(sizes)) or sizes[-1] != inf or not all(0 < share < 0.5 for _, share in pairs):
            raise SettingsError(
                f"coded_shares in dbt_project.yml is {given}: sizes must ascend to null, shares lie between 0 and 0.5."
            )
        return pairs

    @property
    def _dbt_variables(self) -> dict[str, Any]:
        return dict(yaml.safe_load((self.dbt_project / "dbt_project.yml").read_text())["vars"])

    @property
    def sources_file(self) -> Path:
        """YAML file: source name to its address, read each time a source is opened."""
        return Path(os.environ.get("ELEVATE_SOURCES_FILE") or self.home / "sources.yaml")

    @property
    def secrets_file(self) -> Path:
        """JSON file, readable by its owner alone."""
        return Path(os.environ.get("ELEVATE_SECRETS_FILE") or self.home / "secrets.json")

    @property
    def external_database_url(self) -> str | None:
        """URL of an existing PostgreSQL's administrator; None means the embedded one."""
        return os.environ.get("ELEVATE_DATABASE_URL") or None

    @property
    def alert_url(self) -> str | None:
        """Webhook that takes `{"text": ...}` as chat systems do; None sends nothing."""
        return os.environ.get("ELEVATE_ALERT_URL") or None

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Contents of the secrets file. Raises SettingsError where there is none yet."""
        try:
            content = json.loads(self.secrets_file.read_text())
        except ValueError:
            content = None
        except FileNotFoundError:
            raise SettingsError(
                f"No secrets at {self.secrets_file}: start the platform once with `elevate up`, "
                "or set ELEVATE_HOME to the state folder of the one that runs."
            ) from None
        if not isinstance(content, dict):
            raise SettingsError(f"{self.secrets_file} is damaged: restore it from a backup.")
        return content

    def save_secrets(self, **values: str) -> None:
        """Merge `values` into the secrets file, which only its owner can read."""
        for folder in (self.home, self.secrets_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        merged = (self.secrets if self.secrets_file.exists() else {}) | values
        draft = self.secrets_file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(json.dumps(merged, indent=1))
        draft.replace(self.secrets_file)
        self.__dict__.pop("secrets", None)

    def ensure_secrets(self) -> None:
        """Make up what is missing: a password per login, the key of the research keys, that of opted-out students."""
        known = self.secrets if self.secrets_file.exists() else {}
        wanted = [f"password_{role}" for role in ("elevate_owner", *LOGIN_ROLES)]
        wanted += ["research_key", "password_airflow_database", "password_airflow_login"]
        missing = {name: random_secrets.token_urlsafe(24) for name in wanted if name not in known}
        if "opt_out_key" not in known:
            # Installations of earlier versions marked who opted out under the research key.
            missing["opt_out_key"] = known.get("research_key") or random_secrets.token_urlsafe(24)
        if missing:
            self.save_secrets(**missing)

    def database_url(self, role: str = "elevate_pipeline", database: str | None = None) -> str:
        """A libpq URL for `role`, by TCP. Raises SettingsError before the first start."""
        known = self.secrets
        if f"password_{role}" not in known:
            raise SettingsError(f"No login {role!r}; there are: {', '.join(LOGIN_ROLES)}.")
        if not {"database_host", "database_port"} <= set(known):
            raise SettingsError("The database was never started: start the platform once with `elevate up`.")
        host, port = known["database_host"], known["database_port"]
        return (
            f"postgresql://{role}:{quote(known[f'password_{role}'], safe='')}@{host}:{port}/{database or self.database}"
        )
