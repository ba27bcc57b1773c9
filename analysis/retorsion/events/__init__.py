"""Machine-coded events (GDELT, ICEWS, POLECAT) beside the recorded acts."""
