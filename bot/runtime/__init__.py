"""The processes on this machine: started, supervised, checked."""
