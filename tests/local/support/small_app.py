"""The app.py of the projects of tests that need a cloud of their own. It is small, as each deploys it several times."""

from aws_cdk import App

from infra import Cron, SluiceStack, Worker, stage_of

app = App()

SluiceStack(
    app,
    stage=stage_of(app),
    handlers=[
        Worker("echo"),
        Worker("paused", batch_size=10),
        Worker("barred"),
        Cron("twice", cron="0 0 1 1 ? 2199"),
    ],
)

app.synth()
