"""Prepares Superset: its own tables, its administrator, and what stands in `assets/`. Safe to run again.

Run by Superset's Python, with SUPERSET_HOME and SUPERSET_CONFIG_PATH set. What people have
changed in a dashboard of `assets/` goes back to the files; what they made besides stays.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

import json
import logging
import os
from pathlib import Path

from flask import g
from flask_migrate import upgrade
from superset.app import create_app

ASSETS = Path(__file__).parent / "assets"
ADMINISTRATOR = "admin"
log = logging.getLogger(__name__)


def main() -> None:
    """Bring everything up to date."""
    settings = json.loads((Path(os.environ["SUPERSET_HOME"]) / "settings.json").read_text())
    with create_app().app_context():
        upgrade()
    # The application reads its tables when it is made, so it is made again.
    with create_app().app_context():
        ensure_administrator(settings["admin_password"])
        import_assets()
        describe_columns()


def ensure_administrator(password: str) -> None:
    """Make Superset's roles and the administrator, and act as the latter from here on."""
    from superset import appbuilder, db, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    role = security_manager.find_role("Admin")
    user = security_manager.find_user(ADMINISTRATOR) or security_manager.add_user(
        ADMINISTRATOR, "Elevate", "Administrator", f"{ADMINISTRATOR}@localhost", role, password=password
    )
    security_manager.reset_password(user.id, password)
    db.session.commit()
    g.user = user


def import_assets() -> None:
    """Give the files to Superset's importer, which changes everything or nothing."""
    from superset.commands.exceptions import CommandInvalidError
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    contents = {file.relative_to(ASSETS).as_posix(): file.read_text() for file in sorted(ASSETS.rglob("*.yaml"))}
    try:
        ImportAssetsCommand(contents).run()
    except CommandInvalidError as error:
        raise SystemExit(f"Mend deploy/superset/assets: {error.normalized_messages()}") from error


def describe_columns() -> None:
    """Give the datasets the descriptions that the warehouse has of its columns, once it has been published."""
    from sqlalchemy.exc import NoSuchTableError
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    for dataset in db.session.query(SqlaTable).filter(SqlaTable.schema.in_(["bi", "ops"])):
        try:
            dataset.fetch_metadata()
        except NoSuchTableError:
            log.warning("%s is not published yet: prepare again after the first night.", dataset.table_name)
    db.session.commit()


if __name__ == "__main__":
    main()
