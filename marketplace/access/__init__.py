"""Who may read what, for what purpose and until when."""
