"""The one place that runs consumers' SQL."""
