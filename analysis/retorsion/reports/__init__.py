"""Reports: a notebook in, self-contained HTML out; index, dictionary and provenance pages."""
