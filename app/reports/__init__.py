"""Reports: what the ledger comes to, by category, office, room, source, fund and year, on any day.

One filter (filters.py) feeds the page, the sheet and the print. groups.py says by what can be summed, asked.py asks
the database, kinds.py is the list of reports, columns.py what stands in a line, papers.py the printouts of property.
"""
