"""What is offered: data products, their ports, and the one place that commits to Delta."""
