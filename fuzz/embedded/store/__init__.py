"""The embedded object store: S3 as its API page has it, for objects in memory or in a directory."""
