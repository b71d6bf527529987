"""What `make lint` runs, and the tables that `make docs` writes. The workflow needs none of it."""
