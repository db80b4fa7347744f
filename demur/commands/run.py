"""`demur run`: the worker and the API in one process."""

import resource
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from demur.composition import Composition
from demur.logs import set_up_logging
from demur.settings import load_settings
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from api.login import Sessions

SECONDS_FOR_A_LOOK = 3.0


def run(
    demo: Annotated[bool, typer.Option("--demo", help="Show everything with a demo mailbox on this machine.")] = False,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
) -> None:
    """Keep reading the mailboxes and serve status and pages, until stopped.

    Example: demur run --demo
    """
    settings = load_settings()
    set_up_logging(settings.log_level, settings.log_format)
    if demo:
        from demur.demo.show import demo_composition

        with demo_composition(settings) as parts:
            _serve(parts, host, port, demo=True)
    else:
        _serve(Composition(settings), host, port, demo=False)


def raise_file_limit() -> None:
    """Take as many open files as this process may have: each mailbox idles on a connection of its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _free(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise OperatorError(f"cannot serve on {host}:{port} ({error.strerror}): choose another with --port") from None
    return listener


def _serve(parts: Composition, host: str, port: int, demo: bool) -> None:
    from api.login import Sessions
    from ledger.lease import file_lease

    ledger = parts.ledger
    with file_lease(parts.settings.data / "locks" / "run.lock") as held:
        if not held:
            raise OperatorError(f"another `demur run` works on {parts.settings.data}: stop it, or set DEMUR_DATA to another folder")
        raise_file_limit()
        listener = _free(host, port)
        parts.judge.model()
        sessions = Sessions()
        try:
            _greet(host, listener.getsockname()[1], sessions.new_link(), demo, bool(ledger.mailboxes.all()))
            _work_and_serve(parts, listener, sessions)
        finally:
            parts.close()


def _greet(host: str, port: int, token: str, demo: bool, connected: bool) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    typer.echo(f"Demur runs at http://{shown}:{port}", err=True)
    typer.echo(f"Log in with: http://{shown}:{port}/login?token={token}", err=True)
    if demo:
        typer.echo(
            "This is a demo mailbox on this machine. Your own: `demur connect you@example.org --user you`, then `demur run`.", err=True
        )
    elif not connected:
        typer.echo("No mailbox yet: in another terminal, `demur connect you@example.org --user you`. It is picked up at once.", err=True)


def _work_and_serve(parts: Composition, listener: socket.socket, sessions: "Sessions") -> None:
    import uvicorn

    from api.app import create_app
    from demur.web import services
    from ingest.worker import Worker

    worker = Worker(parts.ledger, parts.connect, parts.decider, parts.now)
    thread = threading.Thread(target=worker.run, name="worker")
    probing, telling = _Probing(parts), _Telling(parts)
    server = uvicorn.Server(
        uvicorn.Config(create_app(services(parts, sessions)), log_config=None, access_log=False, timeout_graceful_shutdown=5)
    )
    thread.start()
    probing.start()
    telling.start()
    try:
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has shut down
            server.run(sockets=[listener])
    finally:
        probing.stop()
        telling.stop()
        worker.stop()
        thread.join()


class _Probing:
    """The thread that looks at form links, where the operator allowed it. A look is written down whole or not at all."""

    def __init__(self, parts: Composition) -> None:
        self._prober = parts.prober if parts.settings.probe_links else None
        self._thread = threading.Thread(target=self._prober.run, name="links", daemon=True) if self._prober else None

    def start(self) -> None:
        if self._thread:
            self._thread.start()

    def stop(self) -> None:
        if self._prober and self._thread:
            self._prober.stop()
            self._thread.join(SECONDS_FOR_A_LOOK)


class _Telling:
    """The thread that tells what changed, where the operator said whom. Where nobody is told, what was told is forgotten at the start."""

    def __init__(self, parts: Composition) -> None:
        if not parts.targets:
            parts.ledger.outbox.forget_told()
        self._notifier = parts.notifier if parts.targets else None
        self._thread = threading.Thread(target=self._notifier.run, name="news", daemon=True) if self._notifier else None

    def start(self) -> None:
        if self._thread:
            self._thread.start()

    def stop(self) -> None:
        if self._notifier and self._thread:
            self._notifier.stop()
            self._thread.join(SECONDS_FOR_A_LOOK)
