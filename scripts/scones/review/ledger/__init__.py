"""Every change, counted or shown, and what was changed by hand."""
