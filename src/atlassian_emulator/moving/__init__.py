"""Moves between sites: what was moved where, Jira projects, and Atlassian's reports of new ids.

ledger.py    which ids became which: noted by the site that something came to, and told to the one it came from
bodies.py    what a move changes inside a page's body
projects/    a Jira project as lines, and such lines taken in
reports.py   the id-mapping reports, in the shape of Atlassian's migration assistants
routes.py    the control paths of all this
"""
