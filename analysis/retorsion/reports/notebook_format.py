"""The format of notebooks, without a checker of addresses that no notebook needs and that takes seconds to load."""

from __future__ import annotations

import sys

# jsonschema, through which nbformat reads its schema, does without the package if it cannot be imported.
if "jsonschema" not in sys.modules:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

__all__ = ["NotebookNode", "new_markdown_cell", "new_output"]
