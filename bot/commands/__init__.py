"""What people type or press, once for all platforms: a line comes in, a reply of blocks goes out."""
