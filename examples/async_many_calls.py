"""Make many calls at once: how much each camera recorded in the last ten minutes, eight cameras at a time."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from milestone_sdk import AsyncClient, BasicUser, Camera, MilestoneError, TimeSpan, Trust


async def report(location: str, user: str, password: str, ca_file: str | None = None) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    now = datetime.now(UTC)
    span = TimeSpan(now - timedelta(minutes=10), now)
    places = asyncio.Semaphore(8)

    async with AsyncClient(location, BasicUser(user, password), trust=trust) as site:

        async def recorded(camera: Camera) -> timedelta | MilestoneError:
            try:
                async with places:
                    sequences = await site.recordings.sequences(camera, span)
            except MilestoneError as error:  # a recorder that is down does not end the calls to others
                return error
            clipped = (min(found.end, span.end) - max(found.begin, span.start) for found in sequences)
            return sum(clipped, timedelta())

        cameras = await site.cameras()
        async with asyncio.TaskGroup() as calls:
            answers = {camera: calls.create_task(recorded(camera)) for camera in cameras}
    for camera, answer in answers.items():
        result = answer.result()
        if isinstance(result, MilestoneError):
            print(f"{camera.name}: {result}")
        else:
            print(f"{camera.name}: {result.total_seconds() / 60:.1f} of 10 minutes")


def main(location: str, user: str, password: str, ca_file: str | None = None) -> None:
    asyncio.run(report(location, user, password, ca_file))


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
