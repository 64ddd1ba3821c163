"""AWS's prices in US dollars: region us-east-1, on demand, before any discount."""

from __future__ import annotations

AS_OF = "November 2026"
"""The month for which these prices were looked up. AWS changes them seldom; other regions differ."""

MILLION = 1_000_000

SQS_REQUEST = 0.40 / MILLION
"""A request to a standard queue, for each 64 KB of its content (AWS's SQS price list)."""

SQS_CHUNK_KB = 64
"""KB of a request that SQS counts as one."""

LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""An invocation, and its duration times its memory, on arm64 (AWS's Lambda price list)."""

DYNAMODB_WRITE = 0.625 / MILLION
"""A write request unit: an item of up to 1 KB (AWS's DynamoDB price list)."""

DYNAMODB_READ = 0.125 / MILLION
"""A read request unit: 8 KB of an eventually consistent read (AWS's DynamoDB price list)."""

DYNAMODB_GB_MONTH = 0.25
DYNAMODB_BACKUP_GB_MONTH = 0.20
"""A month's storage of a standard table, and of its point-in-time recovery."""

SCHEDULER_RUN = 1.00 / MILLION
SCHEDULER_FREE_RUNS = 14 * MILLION
"""A run of an EventBridge Scheduler schedule, and the runs that stay free each month."""

LOG_GB = 0.50
"""A GB ingested into CloudWatch Logs."""

METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
"""A custom metric for a month, and a metric that an alarm watches, in CloudWatch."""

KEY_MONTH = 1.00
KMS_REQUEST = 0.03 / 10_000
"""A customer-managed key for a month, and a request to it, in KMS."""

DAYS_A_MONTH = 30.4
MINUTES_A_MONTH = 43_776
"""A month of 30.4 days: a twelfth of a year."""
