"""A small Atlassian site on this machine: Confluence and Jira over REST.

It answers with the shapes, the quirks and the failures of the real thing, keeps what it is told in SQLite, and
knows nothing of the programs that talk to it. `docs/emulator.md` is its manual.

    server.py       a site behind a port: `EmulatorServer` for tests, `serve` for the command line
    application.py  one request from socket to answer: log, weather, who asks, route, reply
    routing.py      paths as they stand in Atlassian's OpenAPI documents
    call.py         what a route is given and what it answers
    refusals.py     saying no in the words and shapes of each product
    site.py         the site: name, ids, users, database, clock
    confluence/     Confluence Cloud, v2 and v1
    jira/           Jira Cloud, v3
    data_center/    the same content served as Data Center
    moving/         spaces and projects from one site to another
"""
