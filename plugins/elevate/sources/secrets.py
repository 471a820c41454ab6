"""Secrets of source systems: an address names them, and holds none."""

from pathlib import Path
from typing import Any

from elevate.settings import Settings, SettingsError
from elevate.sources.errors import SourceError

NAMED = ("secret", "password")
"""Parts of an address that name a secret: the path of a file, or an entry of the secrets file."""


def reveal(settings: Settings, source: str, address: dict[str, Any]) -> dict[str, Any]:
    """The address with its secrets in it. Raises SourceError for one that is not there."""
    return address | {part: _reveal(settings, source, str(address[part])) for part in NAMED if address.get(part)}


def _reveal(settings: Settings, source: str, name: str) -> str:
    # The name itself may be a secret that someone wrote here by mistake: it is not repeated.
    if name.startswith(("/", "~")):
        try:
            return Path(name).expanduser().read_text().strip()
        except (OSError, ValueError) as error:
            raise SourceError(
                f"{settings.sources_file.name}: the secret of source {source} can't be read ({type(error).__name__})."
            ) from None
    try:
        return settings.secrets[name]
    except (KeyError, SettingsError):
        raise SourceError(
            f"{settings.sources_file.name}: source {source} names a secret that is no entry of "
            f"{settings.secrets_file.name}. Add it there, or give the path of a file with it."
        ) from None
