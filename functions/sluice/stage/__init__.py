"""A stage: the names of its resources, and the AWS clients that call them."""
