"""Registered reference standards: versioned lists and forms that columns can be bound to."""
