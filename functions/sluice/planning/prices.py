"""What AWS charges, in US dollars: region us-east-1, on demand, before any discount."""

from __future__ import annotations

AS_OF = "November 2026"
"""The month that these prices are taken to hold for. AWS changes them seldom; other regions differ."""

MILLION = 1_000_000

SQS_REQUEST = 0.40 / MILLION
"""A request to a standard queue, for each 64 KB of it (AWS's SQS price list)."""

SQS_CHUNK_KB = 64

LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""arm64 (AWS's Lambda price list)."""

DYNAMODB_WRITE = 0.625 / MILLION
"""A write request unit: an item of up to 1 KB (AWS's DynamoDB price list)."""

DYNAMODB_GB_MONTH = 0.25
DYNAMODB_BACKUP_GB_MONTH = 0.20
"""Storage of a standard table, and its point-in-time recovery."""

SCHEDULER_RUN = 1.00 / MILLION
SCHEDULER_FREE_RUNS = 14 * MILLION
"""EventBridge Scheduler, and what is free each month for good."""

LOG_GB = 0.50
"""Ingestion into CloudWatch Logs."""

METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
"""A custom metric, and a metric that an alarm looks at, in CloudWatch, a month."""

DAYS_A_MONTH = 30.4
MINUTES_A_MONTH = 43_776
"""Of 30.4 days."""
