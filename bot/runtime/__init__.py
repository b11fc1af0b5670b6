"""Starts, supervises and checks the processes on this machine."""
