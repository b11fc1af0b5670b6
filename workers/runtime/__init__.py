"""What every process uses: log, clock, proxies, heartbeats of leases, and the end with its parent process."""
