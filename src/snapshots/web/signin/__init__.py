"""How somebody comes in: by a one-time link printed where the server was started."""
