"""The deployment on servers, as far as it can be checked without a Docker engine."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml

from elevate.local import postgres as embedded
from elevate.local import superset_server
from elevate.local.airflow_config import LOGINS
from elevate.rim.conventions import ANNOUNCEMENTS
from elevate.settings import PROJECT, Settings

Services = dict[str, dict[str, Any]]

ONE_SHOT = {"init"}
AIRFLOW_OPTION = re.compile(r"AIRFLOW__(?P<section>\w+?)__(?P<option>\w+?)(?:_CMD|_SECRET)?")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """`docker-compose.yml`."""
    return dict(yaml.safe_load((PROJECT / "docker-compose.yml").read_text()))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> Services:
    """Its services by name."""
    return dict(compose["services"])


def lines_of(services: Services) -> list[str]:
    """Each command that a service runs, health checks included, as a shell would read it."""
    lines: list[str] = []
    for service in services.values():
        for command in (service.get("command", []), service.get("healthcheck", {}).get("test", [])):
            words = command[1:] if command[:1] in (["CMD"], ["CMD-SHELL"]) else command
            one_script = words[:2] == ["sh", "-ec"] or len(words) == 1
            lines += words[-1].splitlines() if one_script else [shlex.join(words)]
    return lines


def airflow_commands(services: Services) -> list[list[str]]:
    """The arguments of each call of Airflow's command line."""
    return [shlex.split(line)[1:] for line in lines_of(services) if line.startswith("airflow ")]


def test_compose_file_keeps_to_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads((files("check_jsonschema.builtin_schemas") / "vendor" / "compose-spec.json").read_text())
    errors = [f"{e.json_path}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(compose)]
    assert not errors, f"mend docker-compose.yml: {errors}"


def test_everything_named_is_declared(compose: dict[str, Any], services: Services) -> None:
    for name, service in services.items():
        volumes = {volume.split(":")[0] for volume in service.get("volumes", []) if volume[0] not in "./$"}
        for kind, used in (("volumes", volumes), ("secrets", set(service.get("secrets", [])))):
            assert used <= set(compose[kind]), f"{name}: declare {used - set(compose[kind])} under {kind}"
        unknown = set(service.get("depends_on", {})) - set(services)
        assert not unknown, f"{name} depends on {unknown}, which is no service"
    for kind in ("volumes", "secrets"):
        idle = [
            entry for entry in compose[kind] if not re.search(rf"- {entry}:|\[.*\b{entry}\b.*\]", text_of_compose())
        ]
        assert not idle, f"{idle}: declared under {kind}, and used by no service"


def text_of_compose() -> str:
    """The file as it is written."""
    return (PROJECT / "docker-compose.yml").read_text()


def test_every_service_that_stays_is_watched_and_restarted(services: Services) -> None:
    for name, service in services.items():
        if name not in ONE_SHOT:
            assert service["healthcheck"].get("test"), f"{name}: add a healthcheck"
            assert service["restart"] == "unless-stopped", f"{name}: set restart: unless-stopped"


def test_nothing_starts_before_its_database_is_ready(services: Services) -> None:
    assert services["init"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker"):
        waits = services[name]["depends_on"]
        assert waits["init"] == {"condition": "service_completed_successfully"}, f"{name}: wait for init"


def test_images_are_pinned_and_built_from_the_lock() -> None:
    dockerfile = (PROJECT / "deploy" / "Dockerfile").read_text()
    assert re.search(r"^FROM python:3\.1[123]-slim$", dockerfile, re.MULTILINE)
    installs = re.findall(r"^.*\b(?:pip|apt-get|curl|wget|npm)\s+\w+.*$", dockerfile, re.MULTILINE)
    assert len(installs) == 1, f"{installs}: the image is made of requirements.txt alone"
    assert "--require-hashes --requirement requirements.txt" in installs[0]
    assert dockerfile.rstrip().endswith("USER elevate"), "the services must not run as root"
    bare = [line for line in text_of_compose().splitlines() if re.fullmatch(r"\s+image: [\w/-]+(:latest)?", line)]
    assert not bare, f"{bare}: name a version"


def test_the_image_holds_all_that_runs() -> None:
    dockerfile = (PROJECT / "deploy" / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\S+)", dockerfile, re.MULTILINE))
    sent = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == sent, "what the Dockerfile copies and what .dockerignore lets through must be the same"
    missing = [name for name in copied if not (PROJECT / name).exists()]
    assert not missing, f"{missing}: copied into the image, and not there"


def test_superset_is_installed_and_run_as_on_one_machine(services: Services) -> None:
    dockerfile = (PROJECT / "deploy" / "superset" / "Dockerfile").read_text()
    assert re.findall(r"^COPY (\S+)", dockerfile, re.MULTILINE) == [
        "deploy/superset/requirements.txt", "deploy/superset",
    ]  # fmt: skip
    assert "--require-hashes --requirement requirements.txt" in dockerfile
    assert dockerfile.rstrip().endswith("USER elevate"), "the service must not run as root"
    prepare, serve = services["superset"]["command"][2].splitlines()
    assert prepare == "python deploy/superset/prepare.py"
    assert shlex.split(serve) == ["exec", "gunicorn", *superset_server.SERVER, "--bind=0.0.0.0:8088"]
    # It needs nothing of the platform's state: that has the key of the research keys in it.
    assert services["superset"]["volumes"] == ["superset:/var/lib/elevate/superset"]
    assert "secrets" not in services["superset"]


def test_no_secret_is_written_out(compose: dict[str, Any], services: Services) -> None:
    for name, secret in compose["secrets"].items():
        assert set(secret) == {"file"}, f"secret {name}: give it as a file"
        assert secret["file"].startswith("./deploy/secrets/"), f"secret {name}: keep it in deploy/secrets"
    assert "secrets/" in (PROJECT / "deploy" / ".gitignore").read_text().splitlines()
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"(?i)password|secret|fernet|sql_alchemy_conn|broker_url|result_backend", variable):
                from_file = variable.endswith(("_CMD", "_FILE", "_USERS")) and "://" not in str(value)
                assert from_file, f"{name}: {variable} must be read from a file (_CMD or _FILE)"
    spelt = [line for line in lines_of(services) if re.search(r"(?i)--?(?:password|requirepass|pass)\b", line)]
    assert not spelt, f"{spelt}: a command line can be read by every user of the machine"


def test_the_landing_may_be_in_an_object_store(compose: dict[str, Any], services: Services) -> None:
    """Whoever mounts the landing is told where it is instead, and who asks; the secret comes as a file."""
    variables = {"ELEVATE_LANDING", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SHARED_CREDENTIALS_FILE"}
    touching = [name for name, s in services.items() if any(v.startswith("landing:") for v in s.get("volumes", []))]
    assert touching
    for name in touching:
        given = services[name]["environment"]
        assert variables <= set(given), f"{name}: pass {variables - set(given)}"
        assert set(services["scheduler"]["environment"]) <= set(given), f"{name}: merge the others' environment"
        assert given["AWS_SHARED_CREDENTIALS_FILE"] == "/run/secrets/aws_credentials"
        assert "aws_credentials" in services[name]["secrets"]
    made = (PROJECT / "deploy" / "make-secrets.sh").read_text()
    for secret in compose["secrets"].values():
        assert Path(secret["file"]).name in made.replace("$name", "postgres_password redis_password")


def test_ports_are_published_to_this_machine_alone(services: Services) -> None:
    wide = [
        f"{name}: {port}" for name, s in services.items() for port in s.get("ports", []) if "127.0.0.1:" not in port
    ]
    assert not wide, f"{wide}: publish to 127.0.0.1 by default; who wants more says so in .env"


def test_database_server_computes_and_logs_as_the_embedded_one_does(services: Services) -> None:
    given = dict(option.split("=") for option in services["postgres"]["command"] if "=" in option)
    must = ("max_parallel_workers_per_gather", "jit", "log_min_error_statement", "log_parameter_max_length")
    for option in (*must, "log_error_verbosity"):
        assert given.get(option) == embedded.OPTIONS[option], f"postgres: set {option}={embedded.OPTIONS[option]}"


def test_pool_and_logins_are_those_of_the_platform(services: Services) -> None:
    pools = [command[2:4] for command in airflow_commands(services) if command[:2] == ["pools", "set"]]
    assert pools == [[ANNOUNCEMENTS, "1"]], "init makes the one-slot pool in which tasks announce assets"
    users = services["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    assert users == ",".join(f"{login}:{role}" for login, role in LOGINS.items())


def test_airflow_knows_every_option_and_command(services: Services, tmp_path: Path) -> None:
    named = {
        (hit["section"].lower(), hit["option"].lower())
        for service in services.values()
        for variable in service.get("environment", {})
        if (hit := AIRFLOW_OPTION.fullmatch(variable))
    }
    commands = airflow_commands(services)
    assert len(named) > 10
    assert len(commands) >= 9
    asked = {"options": sorted(named), "commands": commands}
    program = """
import json, sys
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf
from airflow.providers.celery.executors import celery_executor
conf.load_providers_configuration() if hasattr(conf, "load_providers_configuration") else None
asked = json.load(sys.stdin)
known = conf.configuration_description
for section, option in asked["options"]:
    if option not in known.get(section, {}).get("options", {}):
        sys.exit(f"Airflow has no option [{section}] {option}")
for command in asked["commands"]:
    get_parser().parse_args(command)
"""
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(asked), env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"docker-compose.yml: {done.stderr[-1500:]}"


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A database server of this module's own, with an administrator as the image makes one."""
    home = Path(tempfile.mkdtemp(prefix="elevate-deployment-")).resolve()
    try:
        embedded.start(own := Settings(home / "server"), fsync="off")
        with psycopg.connect(own.database_url("elevate_owner", "postgres"), autocommit=True) as connection:
            connection.execute("create role postgres superuser login password 'as in the image'")
        yield own
    finally:
        embedded.stop(Settings(home / "server"))
        shutil.rmtree(home)


def test_init_prepares_a_new_server(services: Services, server: Settings) -> None:
    known, home, secrets = server.secrets, server.home.parent / "state", server.home.parent / "secrets"
    secrets.mkdir()
    (secrets / "postgres_password").write_text("as in the image")
    (secrets / "redis_password").write_text("of/redis")
    environment = {
        name: str(value).replace("/var/lib/elevate", str(home)).replace("/opt/elevate", str(PROJECT))
        for name, value in services["init"]["environment"].items()
    } | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT / "plugins"),
        "AIRFLOW_HOME": str(server.home.parent / "airflow"),
        "ELEVATE_HOME": str(home),
        "ELEVATE_DEPLOYMENT_SECRETS": str(secrets),
        "ELEVATE_DATABASE_SERVER": f"postgres@127.0.0.1:{known['database_port']}",
    }
    broker = "airflow config get-value celery broker_url"
    for script in ("python deploy/prepare.py", services["init"]["command"][2], broker):
        done = subprocess.run(
            ["sh", "-ec", script], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{script}: {done.stderr[-2000:]}"
    assert done.stdout.splitlines()[-1] == "redis://:of%2Fredis@redis:6379/0"

    installed = Settings(home)
    with psycopg.connect(installed.database_url("airflow_database", "airflow")) as connection:
        query = "select slots from slot_pool where pool = %s"
        assert connection.execute(query, (ANNOUNCEMENTS,)).fetchone() == (1,)
    with psycopg.connect(installed.database_url("analyst")) as connection:
        assert connection.execute("select count(*) from ops.data_as_of").fetchone() == (0,)
    for_superset = json.loads((home / "superset" / "settings.json").read_text())
    with psycopg.connect(for_superset["warehouse"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("bi_reader",)
    readable = [
        file.name for part in ("airflow", "superset") for file in (home / part).iterdir() if file.stat().st_mode & 0o077
    ]
    assert not readable, f"{readable}: secrets are for their owner alone"
