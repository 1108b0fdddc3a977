"""Charts as drawings of numbers: the server makes them, any page shows them, paper prints them.

A noun counts, makes a chart here and shows it with the macro of `charts/_charts.html`:

>>> chart = bars(_("Reports by kind"), [("水", (3, 5), "8"), ("电", (1, 2), "3")], series=(_("human"), _("wear")))

`{{ drawing(chart) }}` in the template, `css/charts.css` in its head. The page gives the same numbers as a table: a
chart is a second way to see them, never the only one.

Few colours, every part told by its words and its number as well; all bars begin at zero. Sizes are units of a drawing
that is 340 wide and fills whatever column it stands in, so that words stay readable on a phone.
"""

from app.charts.draw import Chart, Mark, bars, columns, lines

__all__ = ["Chart", "Mark", "bars", "columns", "lines"]
