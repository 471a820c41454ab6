"""Random numbers by subject, so that one subject's draws don't move another's."""

from zlib import crc32

import numpy as np


def stream(seed: int, *subject: str | int) -> np.random.Generator:
    """The generator of one subject; the same seed and subject always draw the same."""
    return np.random.default_rng([seed, *(crc32(str(part).encode()) for part in subject)])
