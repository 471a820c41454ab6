"""Seconds by name, added up as the work goes on."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Clock:
    """Seconds of each thing that was timed; a name is a path such as ("load", "sis.attendance")."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, ...], float] = {}

    @contextmanager
    def __call__(self, *name: str) -> Iterator[None]:
        """Time a block."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - began, *name)

    def add(self, seconds: float, *name: str) -> None:
        """Add seconds that something else has measured."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def watch(self, patch: pytest.MonkeyPatch, owner: Any, function: str, *name: str) -> None:
        """Time each call of `owner.function` from here on, as long as the patch holds."""
        original: Callable[..., Any] = getattr(owner, function)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self(*name):
                return original(*args, **kwargs)

        patch.setattr(owner, function, timed)

    def total(self, *prefix: str) -> float:
        """Seconds of all that has this beginning."""
        return sum(seconds for name, seconds in self.seconds.items() if name[: len(prefix)] == prefix)

    def parts(self, *prefix: str) -> dict[str, float]:
        """The same, by the next part of the name, in order of first use."""
        depth = len(prefix)
        names = dict.fromkeys(n[depth] for n in self.seconds if n[:depth] == prefix and len(n) > depth)
        return {name: self.total(*prefix, name) for name in names}
