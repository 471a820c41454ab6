"""Serves an Ed-Fi ODS/API on 127.0.0.1; its address is in edfi.json of its folder."""

import contextlib
import json
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from simulator.edfi_api import Api

HOST = "127.0.0.1"


def client_secret(folder: Path) -> str:
    """The client's secret, made on first use and readable by its owner alone."""
    file = folder / "edfi_secret"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()


def serve(folder: Path, api: Api, port: int = 0) -> None:
    """Serve until SIGTERM or SIGINT; `port` 0 takes a free one."""
    # When it has ended, uvicorn raises the signal again: then there is an address to take away.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    with _listening(folder, api, port) as (server, listener):
        server.run([listener])


@contextlib.contextmanager
def running(folder: Path, api: Api) -> Iterator[str]:
    """Serve from a thread while the block runs; gives the base URL."""
    with _listening(folder, api, 0) as (server, listener):
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextlib.contextmanager
def _listening(folder: Path, api: Api, port: int) -> Iterator[tuple[uvicorn.Server, socket.socket]]:
    # It listens before the address is written: who reads the address can connect.
    with socket.create_server((HOST, port)) as listener:
        address = {
            "type": "api",
            "url": f"http://{HOST}:{listener.getsockname()[1]}",
            "client_id": api.client_id,
            "secret": str((folder / "edfi_secret").resolve()),
        }
        file = folder / "edfi.json"
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(address, indent=1))
        draft.replace(file)
        config = uvicorn.Config(api.application(), log_level="critical", lifespan="off", timeout_graceful_shutdown=2)
        try:
            yield uvicorn.Server(config), listener
        finally:
            file.unlink(missing_ok=True)
