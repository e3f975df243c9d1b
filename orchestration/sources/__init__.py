"""Sources into landed rows: only contracted columns, typed, with every row accounted for."""
