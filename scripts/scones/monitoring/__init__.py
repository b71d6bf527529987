"""Watching the model in production: reports on drift, the alarms on them, and a demonstration of both."""
