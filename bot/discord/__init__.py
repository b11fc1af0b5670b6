"""Discord as a frontend: the same blocks, outbox and commands as any chat."""
