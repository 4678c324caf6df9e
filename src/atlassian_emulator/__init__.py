"""A small Atlassian site on this machine: Confluence and Jira over REST."""
