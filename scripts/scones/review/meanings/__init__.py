"""What changes mean: a module for each thing that a reader asks about, which yields findings."""
