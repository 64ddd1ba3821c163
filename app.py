"""The team's handlers and their settings. `cdk deploy -c stage=prod` deploys them to AWS."""

# First, because infra chooses the Node that aws_cdk runs on.
from infra import Cron, SluiceStack, Worker, stage_of

# isort: split
from aws_cdk import App

app = App()

SluiceStack(
    app,
    stage=stage_of(app),
    handlers=[
        Worker("order-placed", batch_size=10),
        Worker("send-receipt", timeout=25, memory=256),
        Worker("audit-log"),
        Cron("nightly-report", every="Daily", at="03:00", timezone="Europe/Berlin"),
    ],
)

app.synth()
