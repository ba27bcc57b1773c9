"""One file for each kind of page around the notebooks."""
