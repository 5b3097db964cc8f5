"""What a child process needs so that a test can interrupt it."""

import signal


def hear_ctrl_c() -> None:
    """Undo that Ctrl-C is ignored, which a child inherits; give it to Popen as ``preexec_fn``.

    A shell starts what runs in the background like this, such as ``nohup make test &``.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ignore_ctrl_c() -> None:
    """Let a child start as a shell starts what runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
