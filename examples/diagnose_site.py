"""Check whether a site is ready for a Patriot client: what is wrong, and what to do about it."""

import os

from milestone_sdk import BasicUser, Client, Trust
from milestone_sdk.patriot import ClientRecord, EventTypeTemplate, Zone, checks

CLIENT = ClientRecord(
    client_no="1234",
    zones=(Zone(number=1, name="Front Hallway"), Zone(number=2, name="Store room"), Zone(number=3, name="C1")),
    template=EventTypeTemplate(name="Milestone Template", event_types={1: "High", 2: "Medium"}),
)


def main(location: str, user: str, password: str, ca_file: str | None = None) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    site = Client(location, BasicUser(user, password), trust=trust)
    try:
        # The client is not opened, so that a site where the login fails is diagnosed too.
        for finding in site.diagnose(*checks(CLIENT, retrieve_remote_recordings=False)):
            if not finding.ok:
                print(f"{finding.status.value}: {finding.check}: {finding.what}")
                print(f"    {finding.remedy}")
    finally:
        site.close()


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
