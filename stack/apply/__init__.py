"""Making a Prefect server match this checkout: what is wanted, what is there, the difference, the steps."""
