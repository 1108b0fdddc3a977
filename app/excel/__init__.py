"""Sheets out and in.

Out: `out.sheet("资产.xlsx", [Col(_("Number")), Col(_("Value (yuan)"), "money")], rows)` is the whole answer of a view.

A list that is taken away as a sheet and as pages to print, from the query of its page: `listing.py`.

In: a noun writes one Importer (`importer.py`: columns with the headings people use, a key, what to do with a row)
and lends its blueprint once: `import_pages(bp, AssetImporter, "assets.edit")` (`views.py`). The pages, the dry run,
the template, the sheet with an error column and the progress come with it. How cells are understood is in
`parse.py`, how files are opened safely in `read.py`.
"""
