"""The steps of the day, each a function of what it is given."""
