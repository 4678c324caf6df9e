"""Atlassian's Confluence and Jira over REST, and our macro in the body of a page.

The only room that speaks HTTP. `ConfluenceClient` and `JiraClient` say what can be asked, `Transport`
how: limits, retries, redirects, and errors in sentences.
"""
