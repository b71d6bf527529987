"""What the captures say: verdicts, charts, and the page that shows them."""
