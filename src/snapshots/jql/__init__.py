"""JQL: understood, asked about and changed without losing a character. Pure; knows nothing of Jira or of a database.

    query = parse_jql('parent = $key AND status != Done ORDER BY rank')    # JqlSyntaxError says where and why not
    str(query)                                      # the text, byte for byte
    [query.text_of(part) for part in conjuncts(query)]       # ['parent = $key', 'status != Done']
    query.order_by.text                             # 'ORDER BY rank'
    [reference.target for reference in iter_references(query)]     # [('key', 'key')]
    substitute(query.text, {('key', 'key'): 'ACME-1'})      # 'parent = "ACME-1" AND …'
    replace(query, [(node, 'text'), …])             # changes these spans and nothing else
"""
