"""The app.py of the shared cloud's project: the example handlers and the tests' own."""

from aws_cdk import App, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications

from infra import Cron, SluiceStack, Worker, stage_of

app = App()

stack = SluiceStack(
    app,
    stage=stage_of(app),
    handlers=[
        Worker("order-placed", batch_size=10),
        Worker("send-receipt", timeout=25, memory=256),
        Worker("audit-log"),
        Cron("nightly-report", every="Daily", at="03:00", timezone="Europe/Berlin"),
        Cron("minutely", every="Every 1min"),
        Cron("skips-ticks", every="Every 1min"),
        Cron("queues-ticks", every="Every 1min", missed="queue"),
        # Far ahead: these get only the ticks that the tests send.
        Cron("twice", cron="0 0 1 1 ? 2199"),
        Cron("alone", cron="0 0 1 1 ? 2199", overlap="skip"),
        Worker("postpones"),
        Worker("echo"),
        Worker("echo-ten", batch_size=10),
        Worker("printer"),
        Worker("paused", batch_size=10),
        Worker("barred"),
        Worker("throttled", batch_size=10),
        Worker("idle"),
        Worker("watched"),
        Worker("photo-taken"),
        Worker("raiser"),
        Worker("exits", batch_size=10, timeout=1),
        Worker("exits-among-many", batch_size=10, timeout=1),
        Worker("sleeps", batch_size=10, timeout=1),
        Worker("hogs", batch_size=10, timeout=1),
    ],
)

photos = s3.Bucket(stack, "Photos", bucket_name=f"photos-{stage_of(app)}", removal_policy=RemovalPolicy.DESTROY)
queue = stack.handler("photo-taken").queue
photos.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.SqsDestination(queue))

app.synth()
