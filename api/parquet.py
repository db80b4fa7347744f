"""The flat table of the statistics as a Parquet file, where pyarrow is installed."""

import importlib.util
from collections.abc import Sequence
from typing import Any

from ledger.errors import OperatorError

COLUMNS = ("measure", "dimension", "key", "outcome", "value")


def has_parquet() -> bool:
    """Whether a Parquet file can be made here."""
    return importlib.util.find_spec("pyarrow") is not None


def parquet_bytes(flat: Sequence[dict[str, Any]]) -> bytes:
    """`flat`: rows as `api.statistics.rows` gives them. Raises OperatorError without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise OperatorError("--parquet needs pyarrow: pip install 'demur[parquet]'") from None
    kinds = [(name, pyarrow.float64() if name == "value" else pyarrow.string()) for name in COLUMNS]
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(flat), schema=pyarrow.schema(kinds)), sink)
    return bytes(sink.getvalue().to_pybytes())
