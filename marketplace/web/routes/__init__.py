"""One module per noun; each names a router that the application includes."""
