"""The state machine: read, compared, drawn, and held against its role."""
