"""Tidy tables: one module per table, built from rows of sources, checked, quarantined."""
