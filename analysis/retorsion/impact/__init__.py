"""Acts on trade: event studies, synthetic control, gravity, diversion, price and volume, mirror gaps."""
