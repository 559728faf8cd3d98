"""The one error of the launcher, because a person at a terminal needs a sentence and not a traceback."""


class CannotRunError(Exception):
    """Something about the machine or the settings stops us; the text is one plain sentence that says what to do.

    `deploy.cli` prints it on stderr and exits with 2.
    """
