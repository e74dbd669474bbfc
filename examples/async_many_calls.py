"""Make many calls at once: how much each camera recorded in the last ten minutes, eight cameras at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

from milestone_sdk import AsyncClient, Camera, MilestoneError, TimeSpan


async def report() -> None:
    now = datetime.now(UTC)
    span = TimeSpan(now - timedelta(minutes=10), now)
    places = asyncio.Semaphore(8)

    async with AsyncClient.from_env() as site:

        async def recorded(camera: Camera) -> timedelta | MilestoneError:
            try:
                async with places:
                    sequences = await site.recordings.sequences(camera, span)
            except MilestoneError as error:  # a recorder that is down does not end the calls to others
                return error
            clipped = (min(found.end, span.end) - max(found.start, span.start) for found in sequences)
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


def main() -> None:
    asyncio.run(report())


if __name__ == "__main__":
    main()
