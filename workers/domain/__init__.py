"""What the program is about: papers, digests, errors and ports, in the standard library alone."""
