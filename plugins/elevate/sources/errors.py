"""Why a feed could not be fetched."""


class SourceError(RuntimeError):
    """The source could not be asked: address, network, credentials. Trying again may help."""


class NotDelivered(LookupError):
    """The source answered, and has no file of this feed for this night."""
