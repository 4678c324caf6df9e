"""Bringing records back to the pages they belong to, on the site they come from or on another.

    source      where records come from: an archive, or the records that are parked here
    records     the same records, page by page, in groups small enough for memory
    survey      what the destination shows: pages, macro ids, attachments (the only part that asks the site)
    matching    which page here is which page there, and by what evidence
    locating    where the payload of each version is on its page
    deciding    what becomes of each record: created, already there, ambiguous, parked
    planning    all of the above without writing: a plan
    apply       carries a plan out, chunk by chunk
    journal     what a chunk changed
    undo        takes a restore back from its journal, chunk by chunk in reverse

docs/restore.md tells administrators the same in their words.
"""
