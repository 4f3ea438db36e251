"""When: scores over time to segments."""
