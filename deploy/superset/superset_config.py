"""Apache Superset as this platform runs it: read by Superset, by way of SUPERSET_CONFIG_PATH.

What differs between two installations is in `settings.json` in SUPERSET_HOME, which only
its owner can read: `secret_key`, `admin_password`, and `warehouse`, the URL of the login bi_reader.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from superset.config import TALISMAN_CONFIG as TALISMAN_DEFAULTS

_HOME = Path(os.environ["SUPERSET_HOME"])
_KNOWN = json.loads((_HOME / "settings.json").read_text())
_WAREHOUSE = make_url(_KNOWN["warehouse"])

APP_NAME = "Elevate"
SECRET_KEY = _KNOWN["secret_key"]
# One process serves everybody. What is here are logins, and what people make besides the files.
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_HOME / 'superset.db'}"

# The pages load nothing from other servers, and tell none that they were looked at.
TALISMAN_CONFIG = deepcopy(TALISMAN_DEFAULTS)
TALISMAN_CONFIG["content_security_policy"]["img-src"] = ["'self'", "blob:", "data:"]
TALISMAN_CONFIG["content_security_policy"]["connect-src"] = ["'self'"]


def DB_CONNECTION_MUTATOR(uri: Any, params: dict[str, Any], *_about: Any) -> tuple[Any, dict[str, Any]]:
    """Give the connection to the warehouse its address and password: the files have neither."""
    if (uri.username, uri.host) == (_WAREHOUSE.username, "warehouse"):
        uri = uri.set(host=_WAREHOUSE.host, port=_WAREHOUSE.port, password=_WAREHOUSE.password)
    return uri, params
