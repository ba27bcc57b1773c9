"""JSON within bounds: what it holds is counted before any of it is made."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from retorsion.errors import SourceError
from retorsion.sources.limits import limit, too_much

#: A text with its quotes, closed or not; what is left without texts are the marks that build the values.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_OTHERS = bytes(code for code in range(256) if code not in b"[]{},")
_AGAIN = "Fetch the file again."
#: How each mark changes the depth.
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1


def check_json(data: bytes, name: str) -> None:
    """Refuse JSON of more values or of deeper brackets than the limits.

    Raises:
        SourceError: it holds more.
    """
    if len(data) > limit("json_bytes"):
        raise too_much("json_bytes", name, f"holds {len(data)} bytes", "Ask for fewer rows at a time.")
    if data.count(b",") + data.count(b"[") + data.count(b"{") <= limit("json_depth"):
        return
    marks = _TEXT.sub(b"", data).translate(None, _OTHERS)
    n_values = len(marks) - marks.count(b"]") - marks.count(b"}")
    if n_values > limit("json_values"):
        raise too_much("json_values", name, f"holds {n_values} values", "Ask for fewer rows at a time.")
    depth = int(np.cumsum(_STEPS[np.frombuffer(marks, np.uint8)], dtype=np.int64).max(initial=0))
    if depth > limit("json_depth"):
        raise too_much("json_depth", name, f"is nested {depth} deep", _AGAIN)


def read_json(data: bytes, name: str, *, remedy: str = _AGAIN, with_halves: bool = False) -> Any:
    """The value of a text of JSON, without NaN and infinities, which JSON does not have.

    Args:
        data: the text.
        name: of the file.
        remedy: what to do if it is not JSON, a full sentence.
        with_halves: whether texts may hold half of a character, which the caller then looks for.

    Raises:
        SourceError: not UTF-8, not JSON, or beyond the limits.
    """
    check_json(data, name)
    try:
        text = data.decode("utf-8")
        loaded = json.loads(text, parse_constant=_refuse)
        if not with_halves:
            refuse_halves(text, loaded)
        return loaded
    except UnicodeDecodeError:
        raise SourceError(name, "is not valid UTF-8", remedy=remedy) from None
    except (ValueError, RecursionError) as error:
        raise SourceError(name, f"is not JSON ({str(error)[:200]})", remedy=remedy) from None


def refuse_halves(text: str, loaded: Any) -> None:
    """Raise ValueError if a text of JSON holds half of a pair of escaped characters, which no file can hold.

    Args:
        text: the JSON.
        loaded: its value.
    """
    if r"\ud" in text or r"\uD" in text:
        json.dumps(loaded, ensure_ascii=False).encode("utf-8")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
