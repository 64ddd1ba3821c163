"""SQS: messages sent, received, moved to another queue and found, and the dead letters."""
