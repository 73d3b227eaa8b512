"""Draw cases about object stores: histories of requests that the model can judge."""
