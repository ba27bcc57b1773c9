"""Acts in time: intensity, replies, mutual excitation, regimes, coordination."""
