"""The bodies of Halverness, a country that does not exist, and the changes they went through."""

from dataclasses import dataclass, replace
from enum import StrEnum

GOVERNMENT = "Government of the Isles of Halverness (fictional)"


class Format(StrEnum):
    """The forms of public bodies, as the register writes them."""

    DEPARTMENT = "Ministerial department"
    NON_MINISTERIAL = "Non-ministerial department"
    AGENCY = "Executive agency"
    PUBLIC_BODY = "Executive non-departmental public body"
    ADVISORY = "Advisory non-departmental public body"


@dataclass(frozen=True, slots=True)
class Body:
    """One public body at one time; `staff` is its usual headcount."""

    title: str
    format: Format
    abbreviation: str
    parents: tuple[str, ...]  # abbreviations
    staff: int
    is_exempt: bool = False  # has its own site, as the register says

    @property
    def slug(self) -> str:
        """The body's id in the register and the name of its folder."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the machinery of government, on the first day of month `month`.

    `closed` are abbreviations; `closed_status` is the register's word. Months count from the first
    register snapshot. Without `opened` the closed bodies just end.
    """

    month: int
    closed: tuple[str, ...]
    closed_status: str
    opened: Body | None
    has_closing_date: bool = True


@dataclass(frozen=True, slots=True)
class Revision:
    """A body keeps its slug and gets another title or other parents in month `month`."""

    month: int
    abbreviation: str
    title: str | None = None
    parents: tuple[str, ...] | None = None


def _departments() -> tuple[Body, ...]:
    rows = (
        ("Chancery of the Isles", "CHI", 2400),
        ("Isles Exchequer", "IEX", 1700),
        ("Department of Island Health", "DIH", 3900),
        ("Department for Schools and Crafts", "DSC", 3100),
        ("Ministry of Law and Mercy", "MLM", 6200),
        ("Ministry of Watch and Wardens", "MWW", 9400),
        ("Department for Harbours and Tides", "DHT", 1500),
        ("Department of Ferries", "DOF", 900),
        ("Department of Roads and Bridges", "DRB", 1300),
        ("Department for Lanterns and Power", "DLP", 1100),
        ("Department for Fields and Flocks", "DFF", 2800),
        ("Department of Livelihoods", "DOL", 7600),
        ("Department for Far Shores", "DFS", 2100),
    )
    return tuple(Body(title, Format.DEPARTMENT, short, (), staff) for title, short, staff in rows)


EXEMPT = frozenset({"CASO", "GSR", "HSA", "CMT", "HFC", "MMW", "DIE"})


def _sponsored(format_: Format, rows: tuple[tuple[str, str, str, int], ...]) -> tuple[Body, ...]:
    return tuple(
        Body(title, format_, short, tuple(parents.split()), staff, is_exempt=short in EXEMPT)
        for title, short, parents, staff in rows
    )


NON_MINISTERIAL = (
    ("Isles Revenue Counting House", "IRCH", "", 8200),
    ("Office for Fair Weights", "OFW", "", 640),
    ("Halverness Tally Office", "HTO", "", 1250),
    ("Office of School Visitors", "OSV", "", 580),
    ("Shore and Croft Registry", "SCR", "", 1430),
    ("Chart and Sounding Office", "CASO", "", 417),
)
AGENCIES = (
    ("Keepers of Lighthouses Agency", "KLA", "DHT", 520),
    ("Buoys and Beacons Agency", "BBA", "DHT", 310),
    ("Halverness Pilotage Agency", "HPA", "DHT", 240),
    ("Isles Weatherglass Agency", "IWA", "DHT", 380),
    ("Remedies and Tinctures Agency", "RTA", "DIH", 760),
    ("Isles Infirmaries Supply Agency", "IISA", "DIH", 1180),
    ("Gaols and Bonds Agency", "GBA", "MLM", 5100),
    ("Moot Halls Agency", "MHA", "MLM", 2950),
    ("Beacon Wardens Agency", "BWA", "MWW", 1640),
    ("Quartermaster Stores Agency", "QSA", "MWW", 2210),
    ("Ferry Crossings Agency", "FCA", "DOF", 1370),
    ("Causeways Agency", "CWA", "DRB", 1120),
    ("Wayleave Licensing Agency", "WLA", "DRB", 460),
    ("Alms and Stipends Agency", "ASA", "DOL", 4300),
    ("Hiring Halls Agency", "HHA", "DOL", 3350),
    ("Seed and Byre Agency", "SBA", "DFF", 690),
    ("Common Purse Services Agency", "CPSA", "CHI", 980),
)
PUBLIC_BODIES = (
    ("Tidemill Power Authority", "TPA", "DLP", 350),
    ("Wick and Lamp Safety Executive", "WLSE", "DLP", 270),
    ("Crafts Guild Bursary Board", "CGBB", "DSC", 130),
    ("Isles Primers and Slates Board", "IPSB", "DSC", 90),
    ("Gallery of Sail and Rope", "GSR", "DSC", 187),
    ("Halverness Song Archive", "HSA", "DSC", 77),
    ("Midwives and Bonesetters Council", "MBC", "DIH", 140),
    ("Quarantine Cove Authority", "QCA", "DIH DHT", 210),
    ("Harbour Dues Tribunal Service", "HDTS", "MLM DHT", 115),
    ("Advocates Stipend Board", "ASB", "MLM", 260),
    ("Wrecks and Salvage Authority", "WSA", "MWW", 320),
    ("Coastal Muster Trust", "CMT", "MWW", 67),
    ("Causeway Tolls Board", "CTB", "DRB DHT", 155),
    ("Ferrymen Pensions Board", "FPB", "DOF DOL", 85),
    ("Peat and Turf Authority", "PTA", "DFF", 240),
    ("Wool Staple Board", "WSB", "DFF", 110),
    ("Herring Fisheries Council", "HFC", "DFF", 137),
    ("Bees and Orchards Trust", "BOT", "DFF", 45),
    ("Isles Savings Guarantee Board", "ISGB", "IEX", 175),
    ("Mint and Medal Works", "MMW", "IEX", 227),
    ("Civic Voting Rolls Board", "CVRB", "CHI", 165),
    ("Appointments Scrutiny Board", "APSB", "CHI", 35),
    ("Distant Isles Endowment", "DIE", "DFS", 97),
)
ADVISORY = (
    ("Council on Peat Cutting", "CPC", "DFF", 12),
    ("Panel on Lantern Oil Prices", "PLOP", "DLP", 9),
    ("Panel on Ballads and Shanties", "PBS", "DSC", 8),
)

FIRST_BODIES = (
    *_departments(),
    *_sponsored(Format.NON_MINISTERIAL, NON_MINISTERIAL),
    *_sponsored(Format.AGENCY, AGENCIES),
    *_sponsored(Format.PUBLIC_BODY, PUBLIC_BODIES),
    *_sponsored(Format.ADVISORY, ADVISORY),
)

_BY_SHORT = {body.abbreviation: body for body in FIRST_BODIES}


def _renamed(abbreviation: str, title: str, new_abbreviation: str) -> Body:
    return replace(_BY_SHORT[abbreviation], title=title, abbreviation=new_abbreviation)


LONG_CLOSED = (
    (Body("Salt Tax Board", Format.PUBLIC_BODY, "STB", ("IEX",), 0), "replaced", "IRCH"),
    (Body("Office of Whaling", Format.NON_MINISTERIAL, "OOW", (), 0), "no_longer_exists", None),
)

CHANGES = (
    Change(
        8,
        ("DLP",),
        "changed_name",
        _renamed("DLP", "Department for Power and Light", "DPL"),
    ),
    Change(
        12,
        ("DOF", "DRB"),
        "merged",
        Body("Department for Ferries and Causeways", Format.DEPARTMENT, "DFC", (), 2250),
    ),
    Change(
        5,
        ("HPA",),
        "changed_name",
        _renamed("HPA", "Harbour Pilots of Halverness", "HPH"),
        has_closing_date=False,
    ),
    Change(
        16,
        ("KLA", "BBA"),
        "merged",
        Body("Lights and Buoys Agency", Format.AGENCY, "LBA", ("DHT",), 810),
    ),
    Change(14, ("CPC",), "no_longer_exists", None),
)

REVISIONS = (
    Revision(10, "IWA", parents=("DFF",)),
    Revision(18, "GSR", title="Gallery of Sail, Rope and Net"),
    Revision(20, "OFW", title="Office for Fair Weights and Prices"),
)
