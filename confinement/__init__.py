"""Processes that run one statement and can do nothing else: import from its modules.

Consumers' statements and contracts' rules run here. Nothing is imported here, because the sandbox's
own process imports this package and must stay small and single-threaded.
"""
