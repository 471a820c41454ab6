from datetime import date

import psycopg
import pytest

from elevate.settings import Settings
from elevate.warehouse import connect


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_has_an_empty_migrated_warehouse(settings: Settings, time: int) -> None:
    with connect(settings) as connection:
        assert connection.execute("select count(*) as n from ops.alert").fetchone() == {"n": 0}
        connection.execute(
            "insert into ops.alert (dag, task, run, night, message) values ('d','t','r',%s,'m')", [date(2019, 2, 11)]
        )


def test_the_copy_has_the_rights_of_the_original(settings: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(settings.database_url("airflow_database"))
