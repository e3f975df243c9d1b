"""The benchmark's checks in the languages of other tools, each run by a Python of its own."""
