"""What is told to the person at the terminal."""

import sys


def say(sentence: str) -> None:
    """One line, at once, also into a pipe."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
