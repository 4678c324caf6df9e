"""Jira data: an inventory of one Jira, matched with another, and macro definitions rewritten by the mapping.

    records, file      what a Jira-data file holds, and its lines (docs/jira-data-format.md)
    inventory          the lists of a Jira;  named, captured: what macros name, which issues were ever captured
    export             all of it into a file, at the source
    things, matching   which thing there is which thing here: the rules, pure;  issue_matching, issue_survey: issues
    decisions          what people state: mapping files, Atlassian's report, the CSV of what is open
    counterparts       all of it for a whole file, at the destination
    mapping            what became of what, to be looked up;  meanings, new_words, rewriting, definitions: queries by it
    opinion            what the destination's Jira says of new queries
    plan, planning     what would become of every macro;  already_here: which are left alone
    apply              carries a plan out, page by page (page_writing), and undoes it

docs/jira-data.md tells administrators the same in their words.
"""
