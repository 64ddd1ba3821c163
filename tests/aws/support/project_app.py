"""The app.py of the stage that the suite deploys: a handler or two for each promise, and what they count starts in."""

from __future__ import annotations

# Before aws_cdk, as it brings the Node that aws_cdk runs on.
from infra import Cron, SluiceStack, Worker, stage_of

# isort: split
from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

ROUND = 1
"""Deployments differ by it. The suite writes another number here: 2 changes settings and adds a handler, 3 is what is
deployed after everything was destroyed, with few handlers, as that is quicker."""

FEW = 3

TAG = "sluice-promises"
"""Tells the suite's own stages from a team's, which it must neither change nor destroy."""

app = App()
stage = stage_of(app)
Tags.of(app).add(TAG, "may be destroyed")

# A deployment of the second round changes it: Lambda then updates the functions that have it.
memory = 512 if ROUND > 1 else 256
handlers: list[Worker | Cron] = [Worker("echo"), Worker("relay"), Worker("raiser")]
if ROUND < FEW:
    handlers += [
        # Short timeouts, so that five attempts take two minutes; and much memory, as a processor comes with it.
        # A slow machine has to count each start within the timeout.
        Worker("exits", batch_size=5, batch_window=1, timeout=5, memory=1024),
        Worker("hangs", timeout=2, memory=1024),
        Worker("throttled"),
        Worker("paused"),
        Worker("barred"),
        Worker("kept-paused", memory=memory, trace_days=30 + ROUND),
        Worker("kept-blocked", memory=memory, trace_days=30 + ROUND),
        Cron("minutely", every="Every 1min"),
    ]
if ROUND == 2:
    handlers.append(Worker("newcomer"))

stack = SluiceStack(app, stage=stage, handlers=handlers)

# How often an event has been started: also where the process died, and no trace knows of it.
starts = dynamodb.Table(
    stack,
    "Starts",
    table_name=f"promises-{stage}-starts",
    partition_key=dynamodb.Attribute(name="mark", type=dynamodb.AttributeType.STRING),
    billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
    removal_policy=RemovalPolicy.DESTROY,
)
for name in ("raiser", "exits", "hangs"):
    if ROUND < FEW or name == "raiser":
        starts.grant_write_data(stack.handler(name).function)
        stack.handler(name).function.add_environment("STARTS", starts.table_name)


def probe(name: str, *, number: int) -> None:
    """A function with a queue that Sluice does not look after, to see on it what AWS does by itself."""
    queue = sqs.Queue(
        stack,
        f"Probe{name}Queue",
        queue_name=f"promises-{stage}-{name}",
        # Short, so that a receive is soon followed by the next.
        visibility_timeout=Duration.seconds(12),
        removal_policy=RemovalPolicy.DESTROY,
    )
    # It may not log: its log group would be left behind.
    role = iam.Role(stack, f"Probe{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    granted = queue.grant_consume_messages(role)
    function = lambda_.Function(
        stack,
        f"Probe{name}",
        function_name=f"promises-{stage}-{name}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context):\n    return None\n"),
        timeout=Duration.seconds(2),
        memory_size=128 * number,
        role=role,
    )
    mapping = lambda_.EventSourceMapping(
        stack, f"Probe{name}Mapping", target=function, event_source_arn=queue.queue_arn, batch_size=number
    )
    granted.apply_before(mapping)


if ROUND < FEW:
    # One that the suite writes to and reads back, and one that it throttles and leaves alone.
    probe("measured", number=ROUND)
    probe("starved", number=1)

CfnOutput(stack, "Round", value=str(ROUND))

app.synth()
