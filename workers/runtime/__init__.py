"""What every process has: its log, its clock, its heartbeat, its tie to the process that started it."""
