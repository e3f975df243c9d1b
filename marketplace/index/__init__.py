"""The derived, disposable index of what is offered."""
