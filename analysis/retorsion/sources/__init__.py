"""One reader per published format: bytes in, rows out, no judgement."""
