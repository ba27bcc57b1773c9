"""Granger tests: a published series, hand-made regressions, and size with unequal variances."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.reciprocity import granger
from scipy import stats
from statsmodels.tsa.api import VAR


class RDataReader:
    """Just enough of R's serialisation (RDX2, big-endian XDR) for one numeric matrix with its names."""

    def __init__(self, path: Path) -> None:
        self.data = gzip.decompress(path.read_bytes())
        assert self.data[:7] == b"RDX2\nX\n"
        self.at, self.symbols = 19, []

    def integer(self) -> int:
        (value,) = struct.unpack_from(">i", self.data, self.at)
        self.at += 4
        return int(value)

    def item(self) -> Any:
        flags = self.integer()
        kind, has_attributes, has_tag = flags & 255, bool(flags & 512), bool(flags & 1024)
        if kind == 254:  # NULL
            return None
        if kind == 255:  # an earlier symbol
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:  # symbol
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == 2:  # pair list
            tag = self.item() if has_tag else None
            return {tag: self.item()} | (self.item() or {})
        length = self.integer()
        if kind == 9:  # characters
            self.at += length
            return self.data[self.at - length : self.at].decode()
        if kind in (13, 14):  # integers, doubles
            type_ = ">i4" if kind == 13 else ">f8"
            value: Any = np.frombuffer(self.data, type_, length, self.at).astype(type_[1:])
            self.at += value.nbytes
        elif kind in (16, 19):  # character vector, list
            value = [self.item() for _ in range(length)]
        else:
            raise ValueError(f"R type {kind} is not needed here")
        return (value, self.item()) if has_attributes else value


def matrix(path: Path) -> pl.DataFrame:
    ((values, attributes),) = RDataReader(path).item().values()
    return pl.DataFrame(values.reshape(attributes["dim"], order="F"), schema=attributes["dimnames"][1])


@pytest.mark.real
def test_reproduces_the_israel_palestine_weeks(real_data):
    """Weekly Goldstein scores 1979 to 2003 (Brandt & Freeman 2006), six lags."""
    frame = matrix(real_data("validation/IsraelPalestineConflict.RData"))
    assert frame.shape == (1278, 2)
    to_israel = granger(frame, cause="p2i", effect="i2p", lags=6)
    to_palestine = granger(frame, cause="i2p", effect="p2i", lags=6)
    assert round(to_israel.f_statistic, 3) == 17.631
    assert round(to_palestine.f_statistic, 3) == 10.912
    assert (to_israel.n, to_israel.df_numerator, to_israel.df_denominator) == (1272, 6, 1259)
    assert to_israel.p_value < 1e-10
    # what one side does for long is answered in kind, and more strongly one way than the other
    assert to_israel.response > to_palestine.response > 0
    # the variance rises with the conflict; allowing for it, one direction is no longer certain
    robust = granger(frame, cause="i2p", effect="p2i", lags=6, covariance="HC1")
    assert 0.05 < robust.p_value < 0.15
    assert granger(frame, cause="p2i", effect="i2p", lags=6, covariance="HC1").p_value < 0.01


def following(n: int, seed: int, strength: float) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n), np.zeros(n)
    for t in range(1, n):
        y[t] = 0.3 * y[t - 1] + strength * x[t - 1] + rng.normal()
    return pl.DataFrame({"x": x, "y": y})


def test_f_statistic_is_that_of_the_vector_autoregression():
    frame = following(200, 1, 0.3)
    fitted = VAR(frame.select("x", "y").to_numpy()).fit(3)
    for cause, effect in (("x", "y"), ("y", "x")):
        ours = granger(frame, cause=cause, effect=effect, lags=3)
        names = {"x": "y1", "y": "y2"}
        theirs = fitted.test_causality(names[effect], names[cause], kind="f")
        assert ours.f_statistic == pytest.approx(theirs.test_statistic, rel=1e-8)
        assert ours.p_value == pytest.approx(stats.f.sf(ours.f_statistic, 3, 200 - 3 - 7), rel=1e-8)


def test_direction_and_size_of_the_response_are_found():
    frame = following(800, 2, 0.5)
    there, back = granger(frame, cause="x", effect="y", lags=2), granger(frame, cause="y", effect="x", lags=2)
    assert there.p_value < 1e-6
    assert there.response_lower < 0.5 < there.response_upper
    assert back.p_value > 0.05
    assert back.response_lower < 0 < back.response_upper


def test_what_cannot_be_tested_is_said_in_a_sentence():
    frame = following(100, 4, 0.2).with_columns(pl.lit(0.0).alias("silent"))
    with pytest.raises(NotEstimable, match="silent does not vary"):
        granger(frame, cause="silent", effect="x", lags=2)
    with pytest.raises(NotEstimable, match="20 periods are too few for 4 lags"):
        granger(frame.head(20), cause="x", effect="y", lags=4)
    with pytest.raises(ParameterError, match="missing or infinite values"):
        granger(frame.with_columns(pl.lit(None).cast(pl.Float64).alias("x")), cause="x", effect="y", lags=1)
    with pytest.raises(ParameterError, match="at least 1"):
        granger(frame, cause="x", effect="y", lags=0)
