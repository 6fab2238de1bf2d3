"""Processes that the tests start."""

import signal


def interruptible() -> None:
    """Give SIGINT its default in a child, as `preexec_fn`.

    A shell starts what runs in the background (`make test &`, `nohup`, some CI runners) with SIGINT ignored, which
    every child inherits: Ctrl-C would then never reach the process that a test interrupts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
