"""A stage's names, and the AWS clients that talk to it."""
