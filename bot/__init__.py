"""The frontends: read the store, ask the queue, talk to people."""
