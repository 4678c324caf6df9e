"""The main job told on two small Atlassian sites of this machine; every step checks itself."""
