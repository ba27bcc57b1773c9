"""Figures: a frame in, a matplotlib figure out; no files."""
