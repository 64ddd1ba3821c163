"""Other services that send to a handler's queue, by the CDK's own constructs."""

from __future__ import annotations

from sluice.stage import clients
from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually


def test_an_object_that_is_put_into_a_bucket_runs_the_handler(project: Project, store: TraceStore) -> None:
    """Its custom resource's function has no layer: it finds the boto3 that AWS's Python has."""
    clients.client("s3", "local").put_object(Bucket="photos-local", Key="sunrise.jpg", Body=b"pixels")

    def results() -> list[str]:
        traces = project.run("traces", "photo-taken", "--json")
        return [trace["result"] for trace in traces.json] if traces.code == 0 else []

    found = eventually(lambda: ["sunrise.jpg"] in results() and results(), "a trace of the object's event")
    # S3 also sends an event when a notification is set up, without records.
    assert [result for result in found if result] == [["sunrise.jpg"]]
