"""Why a feed could not be fetched."""


class SourceError(RuntimeError):
    """The source could not be asked: address, network, credentials. Trying again may help."""


class NotDelivered(LookupError):
    """The source answered, and has no complete delivery of this feed for this night, or not yet."""

    verdict = "missing"
    """Of the batch, once nothing better can be waited for."""


class Damaged(NotDelivered):
    """The delivery says itself that it is complete, and is not what it says. Never quotes content."""

    verdict = "red"
