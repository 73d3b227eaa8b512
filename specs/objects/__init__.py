"""Say what must hold of S3 object stores: vocabulary, model, checks, requirements and profiles."""
