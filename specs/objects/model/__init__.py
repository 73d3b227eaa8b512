"""Tell which answers the API allows for each step, and what a store holds after it."""
