"""What every process uses: log, clock, heartbeats of leases, and the end with its parent process."""
