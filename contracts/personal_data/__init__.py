"""Personal data that nobody declared: what looks like it, and what a steward decided."""
