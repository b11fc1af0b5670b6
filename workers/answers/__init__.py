"""Answers to readers' questions, step by step: resolve, read, retrieve, answer, check."""
