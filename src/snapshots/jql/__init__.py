"""JQL: understood, asked about and changed without losing a character. Pure; knows nothing of Jira or of a database.

query = parse_jql('parent = $key AND status != Done ORDER BY rank')    # JqlSyntaxError says where and why not
str(query)                                      # the text, byte for byte
[query.text_of(part) for part in conjuncts(query)]       # ['parent = $key', 'status != Done']
query.order_by.text                             # 'ORDER BY rank'
[reference.target for reference in iter_references(query)]     # [('key', 'key')]
substitute(query.text, {('key', 'key'): 'ACME-1'})      # 'parent = "ACME-1" AND …'
replace(query, [(node, 'text'), …])             # changes these spans and nothing else
"""

from snapshots.jql.parser import parse_jql
from snapshots.jql.references import ReferenceValue, iter_references, replace, substitute
from snapshots.jql.syntax_error import JqlSyntaxError
from snapshots.jql.tree import (
    And,
    Clause,
    Condition,
    Empty,
    Field,
    Function,
    Group,
    List,
    Node,
    Not,
    Operand,
    Or,
    OrderBy,
    OrderItem,
    Predicate,
    Property,
    Query,
    Reference,
    Value,
    conjuncts,
    iter_nodes,
)
from snapshots.jql.words import quote_jql

__all__ = [
    "And",
    "Clause",
    "Condition",
    "Empty",
    "Field",
    "Function",
    "Group",
    "JqlSyntaxError",
    "List",
    "Node",
    "Not",
    "Operand",
    "Or",
    "OrderBy",
    "OrderItem",
    "Predicate",
    "Property",
    "Query",
    "Reference",
    "ReferenceValue",
    "Value",
    "conjuncts",
    "iter_nodes",
    "iter_references",
    "parse_jql",
    "quote_jql",
    "replace",
    "substitute",
]
