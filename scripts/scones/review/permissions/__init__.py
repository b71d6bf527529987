"""Permissions: policies read as grants, compared, and told."""
