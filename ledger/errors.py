"""What can go wrong, sorted by what must be done about it."""


class DemurError(Exception):
    """Anything Demur reports as a sentence instead of a traceback."""


class RetryableError(DemurError):
    """The same call may succeed later: back off and try again."""


class OperatorError(DemurError):
    """A person must change something. The message is one line and names the setting or file to change."""
