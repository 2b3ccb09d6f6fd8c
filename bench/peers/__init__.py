"""The servers that run.py compares. Each has: name, start(), stop(), roots() (pids whose trees are the server),
ports {"plain", "login"}, user (pattern for postern-load), password, and start options for where accepted mail goes."""
