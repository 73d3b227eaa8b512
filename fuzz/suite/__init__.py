"""The suite as pytest tests: pytest --pyargs fuzz.suite --target URL."""
