"""Estimators for anybody's data: numbers in, an estimate out; no table of the project and no file."""
