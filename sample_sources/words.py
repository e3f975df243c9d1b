"""Invented words that the sample's suppliers, people and papers are made of."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_STEMS = _words(
    "Brackwater Ostlewick Tarrowby Velmarch Drumfenny Quillmere Saltharrow Wendlecote "
    "Hobbleford Marrowgate Pennylock Thistlequay Garrowmoor Loomwick Skerrydale Umberholt "
    "Yarrowfleet Cobblestrand Dapplecombe Eelbrook Fennimarsh Gullscar Inkberrow Jorrowby "
    "Kittlewake "
)
_TRADES = (
    "Paving",
    "Lantern Supply",
    "Slate & Tile",
    "Ferry Repair",
    "Ropeworks",
    "Bookbinders",
    "Counting Engines",
    "Catering",
    "Cartage",
    "Surveyors",
    "Scriveners",
    "Glazing",
    "Tin & Copper",
    "Sailmakers",
    "Infirmary Linens",
    "Night Watch",
    "Coal, Peat & Oil",
    "Telegraphy",
    "Training Rooms",
    "Actuaries",
)
_ENDINGS = (("Ltd", "LIMITED"), ("Limited", "LTD"), ("plc", "PLC"), ("LLP", "L.L.P."))

EXPENSE_TYPES = (
    "Professional Services",
    "Estates - Rent",
    "Estates - Repairs, Works",
    "ICT Hardware",
    "ICT Support & Maintenance",
    "Grants to Islands",
    "Training",
    "Travel (Ferry)",
    "Printing & Stationery",
    "Agency Staff",
    "Utilities",
    "Research",
)
EXPENSE_AREAS = (
    "Corporate Centre",
    "People Team",
    "Digital & Records",
    "Northern Isles",
    "Southern Isles",
    "Outer Skerries Programme",
    "Finance Group",
    "Policy - Strategy",
    "Operations",
    "Communications",
)
DESCRIPTIONS = (
    "Quarterly service charge",
    'Stage 2 works, see "annex B"',
    "Licences, annual",
    "Repairs after winter gales",
    "Consultancy days",
    "Grant instalment",
)
PROJECT_PLACES = (
    "Northern Isles",
    "Southern Isles",
    "Outer Skerries",
    "Tarrowby Sound",
    "Velmarch",
    "Saltharrow",
    "Yarrowfleet",
    "Gullscar",
    "Kittlewake",
    "Umberholt",
    "Quillmere",
    "Halverness",
    "Eelbrook",
)
PROJECT_KINDS = (
    "Causeway Renewal",
    "Lighthouse Replacement Programme",
    "Infirmary Rebuilding",
    "Register of Residents",
    "Ferry Fleet Programme",
    "Harbour Deepening",
)
GIVEN_NAMES = _words(
    "Ossa Brennick Tolly Maravel Wenna Joskin Perrin Isolde Hathor Quenby Fenwin Lowenna "
    "Corbin Tamsel Odrin Yestin Branoc Meliora Kerensa Jory Senara Denzel Elowen Petrok Rozen "
    "Talan "
)
FAMILY_NAMES = _words(
    "Stormcote Underfell Quaymaster Tallowby Netherwick Oarsmith Gannetry Wrackline "
    "Lampwright Peatmoor Shoalby Turnstane Ebbworth Saltmarrow Driftwood-Hale Kelpsworth "
    "Brineley Cragmire Mizzlecombe Harrowfleet Tidewater-Moss Foghorn Anchorby Spindrift "
)


def supplier_names() -> tuple[tuple[str, str], ...]:
    """Each supplier's usual spelling and its other one, as finance systems write them."""
    names = []
    for number, (stem, trade) in enumerate((s, t) for t in _TRADES for s in _STEMS):
        usual, other = _ENDINGS[number % len(_ENDINGS)]
        names.append((f"{stem} {trade} {usual}", f"{stem} {trade} {other}".upper()))
    return tuple(names)


def misspelt(name: str) -> str:
    """The name with two letters of its first word swapped: `Departmetn of Ferries`."""
    first, _, rest = name.partition(" ")
    return f"{first[:-2]}{first[-1]}{first[-2]} {rest}".rstrip()
