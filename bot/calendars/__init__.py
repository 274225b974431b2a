"""Calendar servers: one protocol, thin calls of our own to each kind of server."""
