"""Check whether a site is ready for a Patriot client: what is wrong, and what to do about it."""

from milestone_sdk import Client
from milestone_sdk.patriot import ClientRecord, EventTypeTemplate, Zone, checks

CLIENT = ClientRecord(
    client_no="1234",
    zones=(Zone(number=1, name="Front Hallway"), Zone(number=2, name="Store room"), Zone(number=3, name="C1")),
    template=EventTypeTemplate(name="Milestone Template", event_types={1: "High", 2: "Medium"}),
)


def main() -> None:
    site = Client.from_env()
    try:
        # The client is not opened, so that a site where the login fails is diagnosed too.
        for finding in site.diagnose(*checks(CLIENT)):
            if not finding.ok:
                print(f"{finding.status.value}: {finding.check}: {finding.what}")
                print(f"    {finding.remedy}")
    finally:
        site.close()


if __name__ == "__main__":
    main()
