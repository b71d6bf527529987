"""The review as text: Markdown for a pull request, lines for a terminal."""
