"""Estimates of a stage's cost and capacity, without deploying anything. Depends on nothing."""
