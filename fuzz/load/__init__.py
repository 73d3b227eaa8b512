"""Put a server under load by named scenarios: every answer checked, times and throughput told."""
