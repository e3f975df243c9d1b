"""Who finds and uses it: index, access, query and web."""
