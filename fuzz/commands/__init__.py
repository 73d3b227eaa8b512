"""One module per command: `add_arguments(parser)` and `main(arguments)`, which returns the exit code."""
