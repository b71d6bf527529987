"""What the gates guard: each function goes over a plan and yields (what trips, address) for one gate."""
