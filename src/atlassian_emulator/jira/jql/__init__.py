"""JQL: text to syntax tree to a condition that SQLite answers through its indexes.

`parse` needs nothing but the text; `compile` needs a site, because which fields, projects and
people a query may name is the site's affair.
"""
