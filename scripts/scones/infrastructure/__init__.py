"""Terraform, the place of its state, and the functions' packages that it deploys."""
