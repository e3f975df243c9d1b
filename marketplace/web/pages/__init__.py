"""One frozen dataclass per page: its template's contract, and its JSON twin."""
