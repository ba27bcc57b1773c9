"""Machine code for the loops that numpy cannot express."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile ``function`` to machine code on its first call and keep the result on disk (numba)."""
    return cast(F, numba.njit(cache=True)(function))
