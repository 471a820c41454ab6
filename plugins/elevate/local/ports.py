"""TCP ports on the loopback address."""

import socket
from collections.abc import Iterable

HOST = "127.0.0.1"
ANY = 0


def free_port(wishes: Iterable[int]) -> int:
    """The first of `wishes` that nobody listens on, else any free one."""
    for wish in (*wishes, ANY):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wish))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free TCP port on {HOST}")
