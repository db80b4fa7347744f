"""Where heavy work runs: the one edge at which joblib is told to use this machine's cores or a Dask cluster."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from demur.settings import Settings
from ledger.errors import OperatorError

MANY = 2000
"""Mails from which on other processes are started to judge them: below, starting them takes longer."""
WITHIN = "10s"
"""How long a scheduler may take to answer."""


@contextmanager
def spread(settings: Settings, worthwhile: bool = True) -> Iterator[None]:
    """For the block, joblib's work goes to the backend that the settings name. Raises OperatorError when it cannot be used.

    Where they name none, and starting processes costs more than it saves (not `worthwhile`), this process does it all.
    """
    import joblib

    if not worthwhile and not settings.joblib_backend:
        yield
        return
    with ExitStack() as stack:
        backend = settings.parallel_backend
        if backend == "dask":
            stack.enter_context(_cluster(settings.scheduler))
        stack.enter_context(joblib.parallel_config(backend=backend, n_jobs=-1))
        yield


@contextmanager
def _cluster(scheduler: str | None) -> Iterator[None]:
    """A client of the scheduler, or of a cluster on this machine's loopback; both end with the block."""
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError:
        raise OperatorError("DEMUR_JOBLIB_BACKEND: dask is not installed here: pip install 'demur[bulk]', or choose loky") from None
    with ExitStack() as stack:
        asked: Any = scheduler or stack.enter_context(
            distributed.LocalCluster(host="127.0.0.1", n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address="127.0.0.1:0")
        )
        try:
            stack.enter_context(distributed.Client(asked, timeout=WITHIN))
        except (OSError, TimeoutError, ValueError):
            raise OperatorError(f"DEMUR_DASK_SCHEDULER: no Dask scheduler answers at {scheduler}: start it, or name another") from None
        yield
