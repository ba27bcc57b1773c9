"""The same quantities over all cases: what generalises, and what so few cases cannot tell."""
