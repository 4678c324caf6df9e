"""The service: the backup area in a browser, and the REST API. Parse, call one act, render."""
