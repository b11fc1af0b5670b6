"""The answer to a reader's question, step by step."""
