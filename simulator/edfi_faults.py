"""What goes wrong at an Ed-Fi API, each as often as it was told.

A count of 0 behaves. The faults of a request are told by `POST /simulator/faults`
with any of the fields below as JSON; `GET` shows what is left.
"""

import time
from dataclasses import dataclass, fields
from secrets import token_hex

from simulator.edfi_store import Resource, Store, Stored


class FaultError(ValueError):
    """No such fault; the message says which there are."""


@dataclass
class Faults:
    """`expire_after`: a token is good for so many requests.

    `drop`, `busy`, `error`: so many answers break off in the middle, are 429 with
    Retry-After, are 500; each of them after `calm` good answers. `shift`, `vanish`: so
    many pages after which an item of the page's window is written again, or deleted.
    `cursor`: whether there is cursor paging.
    """

    expire_after: int = 0
    calm: int = 1
    drop: int = 0
    busy: int = 0
    error: int = 0
    shift: int = 0
    vanish: int = 0
    cursor: bool = True

    def tell(self, told: dict[str, int | bool]) -> None:
        """Set what is told. Raises FaultError for a fault that there is not."""
        names = [one.name for one in fields(self)]
        if set(told) - set(names):
            raise FaultError(f"The faults are {', '.join(names)}.")
        for name, value in told.items():
            setattr(self, name, value)

    def strike(self) -> str | None:
        """The fault of this answer: drop, busy, error or none."""
        waiting = next((name for name in ("drop", "busy", "error") if getattr(self, name)), None)
        if waiting is None:
            return None
        if self.calm > 0:
            self.calm -= 1
            return None
        setattr(self, waiting, getattr(self, waiting) - 1)
        return waiting

    def after_page(self, store: Store, resource: Resource, window: list[Stored]) -> None:
        """The source goes on working while it is read: rows leave the window, and all behind them move up."""
        if self.vanish and window:
            self.vanish -= 1
            store.delete(resource.name, tuple(window.pop(len(window) // 2).key.values()))
        if self.shift and window:
            self.shift -= 1
            store.touch(resource.name, tuple(window[0].key.values()))


class Tokens:
    """The live tokens: each is good for `seconds`, and for so many requests as the faults say."""

    def __init__(self, faults: Faults, seconds: float) -> None:
        self.faults, self.seconds = faults, seconds
        self._used: dict[str, int] = {}
        self._ends: dict[str, float] = {}

    @property
    def issued(self) -> int:
        """How many tokens were given out."""
        return len(self._ends)

    @property
    def live(self) -> int:
        """How many are good at this moment."""
        return sum(self._is_good(token) for token in self._ends)

    def issue(self) -> str:
        """A new token."""
        token = token_hex(16)
        self._used[token], self._ends[token] = 0, time.monotonic() + self.seconds
        return token

    def accept(self, header: str) -> bool:
        """Whether the Authorization header holds a token that is still good."""
        token = header.removeprefix("Bearer ")
        if not self._is_good(token):
            return False
        self._used[token] += 1
        return True

    def _is_good(self, token: str) -> bool:
        is_spent = 0 < self.faults.expire_after <= self._used.get(token, 0)
        return time.monotonic() <= self._ends.get(token, 0) and not is_spent
