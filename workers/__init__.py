"""The day's work: from the sources to deliveries in the store; knows no chat platform."""
