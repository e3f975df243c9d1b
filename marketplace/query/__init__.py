"""The one place that runs consumers' SQL: import from its modules.

Nothing is imported here, because the sandbox's own process imports this package and must stay
small and single-threaded.
"""
