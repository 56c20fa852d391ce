"""What the launcher cannot do, said in one sentence."""


class LauncherError(Exception):
    """The servers could not be started; the message says why and what to do."""
