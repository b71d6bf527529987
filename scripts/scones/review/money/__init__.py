"""Money: what stands, what a classification needs, and the price table."""
