"""BI tools come by the standard drivers: what each shows of the schema bi, and what it is refused.

The drivers of JDBC and ODBC are the machine's: where one is missing, its test says so and is skipped.
"""

import os
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from elevate.settings import Settings
from elevate.warehouse import connect

JAR = Path(os.environ.get("JDBC_DRIVER", "/usr/share/java/postgresql.jar"))
ODBC = Path(os.environ.get("ODBC_DRIVER", "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so"))
PUBLISHED = """
    create table bi.bi_reach (
        school_name text primary key, as_of_date date not null, share numeric(7, 4), is_suppressed boolean,
        n_students integer
    );
    comment on table bi.bi_reach is 'Schools reached.';
    comment on column bi.bi_reach.share is 'Of the target.';
    insert into bi.bi_reach values ('DE DIEGO', '2019-02-11', 0.2533, true, null);
    create table marts.dim_student (student_key text)
"""
TYPES = [("school_name", "text"), ("as_of_date", "date"), ("share", "numeric"), ("is_suppressed", "bool"),
         ("n_students", "int4")]  # fmt: skip
ROW = ("DE DIEGO", date(2019, 2, 11), Decimal("0.2533"), True, None)
REFUSED = ("marts.dim_student", "ops.batch")
NO_RIGHT = "42501"


@pytest.fixture(scope="module")
def warehouse(module_settings: Settings) -> Settings:
    """With one table of bi, and one that BI may not read."""
    with connect(module_settings) as connection:
        connection.execute(PUBLISHED.encode())
    return module_settings


def test_psycopg(warehouse: Settings) -> None:
    with psycopg.connect(warehouse.database_url("bi_reader"), autocommit=True) as connection:
        assert connection.execute("select * from bi_reach").fetchall() == [ROW]
        for table in REFUSED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {table}".encode())


@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine")
@pytest.mark.skipif(not JAR.exists(), reason=f"no JDBC driver at {JAR}; JDBC_DRIVER may name one")
def test_jdbc(warehouse: Settings) -> None:
    known = warehouse.secrets
    url = f"jdbc:postgresql://{known['database_host']}:{known['database_port']}/warehouse"
    seen = subprocess.run(
        ["java", "-cp", str(JAR), str(Path(__file__).with_name("Reads.java")), url, "bi_reader"],
        env=os.environ | {"PGPASSWORD": known["password_bi_reader"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert seen.returncode == 0, seen.stderr
    remarks = {"share": "Of the target."}
    assert seen.stdout.splitlines() == [
        "table|bi_reach|Schools reached.",
        *(f"column|{name}|{kind}|{remarks.get(name, 'null')}" for name, kind in TYPES),
        "key|school_name",
        "row|DE DIEGO|2019-02-11|0.2533|true|null",
        *(f"refused|{table}|{NO_RIGHT}" for table in REFUSED),
    ]


@pytest.mark.skipif(not ODBC.exists(), reason=f"no psqlODBC at {ODBC}; ODBC_DRIVER may name one")
def test_odbc(warehouse: Settings) -> None:
    pyodbc = pytest.importorskip("pyodbc", reason="pyodbc is not installed")
    known = warehouse.secrets
    address = {
        "Driver": ODBC, "Server": known["database_host"], "Port": known["database_port"], "Database": "warehouse",
        "Uid": "bi_reader", "Pwd": known["password_bi_reader"], "BoolsAsChar": 0, "MaxVarcharSize": 1024,
    }  # fmt: skip
    connection = pyodbc.connect(";".join(f"{name}={value}" for name, value in address.items()), autocommit=True)
    try:
        cursor = connection.cursor()
        assert [row.table_name for row in cursor.tables(schema="bi", tableType="TABLE")] == ["bi_reach"]
        columns = [(row.column_name, row.type_name) for row in cursor.columns(table="bi_reach", schema="bi")]
        assert columns == TYPES
        assert [row.column_name for row in cursor.primaryKeys(table="bi_reach", schema="bi")] == ["school_name"]
        assert [tuple(row) for row in cursor.execute("select * from bi_reach")] == [ROW]
        for table in REFUSED:
            with pytest.raises(pyodbc.Error, match="permission denied"):
                cursor.execute(f"select * from {table}")
    finally:
        connection.close()
