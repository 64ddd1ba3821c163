"""SQS, message by message: send, move to another queue, look through, and the dead letters."""
