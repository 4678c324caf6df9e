"""The REST API: a module for each noun, a door that asks for a key, and the document that describes it all."""
