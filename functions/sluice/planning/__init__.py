"""What a stage will cost and what it can carry, worked out before anything is deployed. Depends on nothing."""
