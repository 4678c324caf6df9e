"""Our macro in the body of a page: find it, change it, point it at a capture. Pure.

Bodies are Confluence's storage format. What is not ours stays byte for byte the same.
"""
