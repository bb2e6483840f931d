"""The report of a scan: one page, which needs nothing but a browser."""
