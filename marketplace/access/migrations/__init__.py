"""How the access state's tables came to be, step by step; applied whenever a store is opened."""
