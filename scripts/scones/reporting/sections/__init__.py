"""The sections of the report, one a module: what is known in, HTML out."""
