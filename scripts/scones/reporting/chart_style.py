"""What has its home in scones.chart_style."""

from scones.chart_style import PRINT, Style, new_figure, sized, to_png

__all__ = ["PRINT", "Style", "new_figure", "sized", "to_png"]
