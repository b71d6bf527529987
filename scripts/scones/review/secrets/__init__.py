"""Secrets: found, masked, and searched for in the finished text."""
