"""The reproducible record and analysis of how states answer one another."""
