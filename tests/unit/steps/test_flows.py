"""A source of trade of which nothing can be used."""

from __future__ import annotations

import polars as pl
import pytest
from retorsion.errors import RetorsionError
from retorsion.sources.rows import Fault, Rows, quarantined
from retorsion.steps import flows


def test_a_source_without_an_accepted_row_is_refused_with_the_first_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = Fault(7, "value", "x", "is no number", "Correct the cell.", "x")
    rejected = quarantined([fault], source_id="own", file="own.csv")
    monkeypatch.setattr(flows, "read_files", lambda source, options: [Rows(pl.DataFrame(), rejected)])
    said = (
        r"^own: no row can be accepted\. The first: own\.csv, row 7, column 'value', value 'x': is no number"
    )
    with pytest.raises(RetorsionError, match=said):
        flows._build("own", {})
