"""Invented names from many places, and the invented people who test what a name can be."""

import random
from dataclasses import dataclass

GIVEN = (
    "Aino",
    "Adaeze",
    "Aleksander",
    "Amaru",
    "Anouk",
    "Arjun",
    "Asel",
    "Bao",
    "Beatriz",
    "Bogdan",
    "Catalina",
    "Chidi",
    "Dagny",
    "Danilo",
    "Divya",
    "Ebba",
    "Efua",
    "Eitan",
    "Emre",
    "Farzana",
    "Feodora",
    "Gulnara",
    "Hamza",
    "Hyejin",
    "Ibrahima",
    "Ilse",
    "Inaya",
    "Isidro",
    "Jasmijn",
    "Jun",
    "Kaito",
    "Kamala",
    "Katja",
    "Kofi",
    "Lalita",
    "Leilani",
    "Liudas",
    "Lucía",
    "Mahmoud",
    "Malin",
    "Marek",
    "Mei",
    "Mireia",
    "Moana",
    "Naledi",
    "Nikolai",
    "Noor",
    "Oluwaseun",
    "Orla",
    "Parisa",
    "Quillon",
    "Rania",
    "Rasmus",
    "Renske",
    "Saoirse",
    "Sefa",
    "Shira",
    "Sipho",
    "Sunniva",
    "Tariq",
    "Tomasz",
    "Tuuli",
    "Uzma",
    "Valentina",
    "Wanjiru",
    "Xiadani",
    "Yara",
    "Yusuf",
    "Zainab",
    "Zoltán",
)
FAMILY = (
    "Abernethy-Okafor",
    "Achterveld",
    "Adomaitis",
    "Amankwah",
    "Arrizabalaga",
    "Balasuriya",
    "Bjerregaard",
    "Bouchentouf",
    "Brännström",
    "Castellanos-Ruiz",
    "Chaudhuri",
    "Chukwuemeka",
    "Dąbrowiecki",
    "Delacroix-Ba",
    "Dimitrescu",
    "Echeverri",
    "Fáilbhe",
    "Fernandópulle",
    "Gebreselassie",
    "Grzybowski",
    "Haapakoski",
    "Hakobyan",
    "Hernandorena",
    "Ishimaru",
    "Jayawardhana",
    "Kaplanoğlu",
    "Karimzadeh",
    "Kekāuoha",
    "Kerimbekov",
    "Kovačević",
    "Lindqvister",
    "Lumumba-Stein",
    "Magnúsdóttir",
    "Maharjan",
    "Mbeki-Lowe",
    "Mikkelborg",
    "Montesquieu-Diop",
    "Mukherji-Rao",
    "Nakashiro",
    "Ndiaye-Faure",
    "Nguyen Thi",
    "O’Shaughnessy",
    "Oyelowo-Grant",
    "Papadimitriou",
    "Pellegrinetti",
    "Quispe Mamani",
    "Rakotomalala",
    "Rasmusdatter",
    "Sandoval-Ito",
    "Shevchuk",
    "Siddiqi-Marsh",
    "Skarbek",
    "Söderholm",
    "Suleimanova",
    "Takahara",
    "Tamihana",
    "Tchoupo",
    "Thorgeirsson",
    "Uzunov",
    "Vanterpool",
    "Villaseñor",
    "Wachira",
    "Wiśniowska",
    "Yıldızhan",
    "Ylönen",
    "Zamfirache",
    "Zhuravlyova",
    "Zulfiqar",
)
ZONES = (
    "Europe/London",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Africa/Nairobi",
    "Europe/Warsaw",
    "America/Bogota",
    "Asia/Tokyo",
    "Africa/Lagos",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Singapore",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Europe/Istanbul",
    "Asia/Kathmandu",
    "",
)


@dataclass(frozen=True)
class EdgePerson:
    """An invented person who is there to be awkward; ``fate`` is the name of a ``cohort.Fate``."""

    name: str
    email: str
    zone: str
    fate: str
    tracks: tuple[str, ...]
    n_streams: int = 3
    quality: float = 0.75


#: Sixty letters, which is what a column, a table and a card have to bear.
LONG_SURNAME = "Wolkensteiner-Hohenfriedbergersdorf-Unterschleichenbachtalau"
EDGE_PEOPLE = (
    EdgePerson(
        "Noor Halvorsen",
        "noor.halvorsen@applicants.example",
        "Europe/London",
        "ADVANCES",
        ("empirical", "systems-security"),
        4,
        0.9,
    ),
    EdgePerson(
        "Ileana Dragomir-Achebe",
        "five.streams@applicants.example",
        "Europe/London",
        "ADVANCES",
        ("empirical", "theory"),
        5,
        0.85,
    ),
    EdgePerson("Wibawa", "wibawa@applicants.example", "Asia/Jakarta", "ADVANCES", ("policy-governance",), 2, 0.8),
    EdgePerson(
        "سلمى بنت يوسف", "salma.bint.yusuf@applicants.example", "Africa/Cairo", "ADVANCES", ("biosecurity",), 3, 0.8
    ),
    EdgePerson(
        f"Ottilie {LONG_SURNAME}",
        "long.surname@applicants.example",
        "Europe/Berlin",
        "ADVANCES",
        ("strategy-forecasting",),
        2,
        0.8,
    ),
    EdgePerson("Dolkar", "no.surname@applicants.example", "Asia/Kathmandu", "NOT_ADVANCED", ("theory",), 2, 0.2),
    EdgePerson(
        "Marta Silveira", "marta.silveira@applicants.example", "Europe/Lisbon", "ADVANCES", ("empirical",), 3, 0.8
    ),
    EdgePerson(
        "Marta Silveira", "m.silveira@applicants.example", "America/Sao_Paulo", "SCREENED_OUT", ("empirical",), 0, 0.2
    ),
    EdgePerson(
        "Jonas Ekkebus",
        "jonas.ekkebus@applicants.example",
        "Europe/Amsterdam",
        "WITHDRAWS_LATE",
        ("founding-field-building",),
        2,
        0.85,
    ),
    EdgePerson(
        "Bruno Falkenrath", "bruno.falkenrath@applicants.example", "Europe/Vienna", "ADVANCES", ("empirical",), 3, 0.8
    ),
    EdgePerson(
        "Síle Ní Dhónaill-O’Rourke",
        "sile.nidhonaill@applicants.example",
        "Europe/Dublin",
        "FALLS_BACK",
        ("policy-governance", "founding-field-building"),
        2,
        0.8,
    ),
)
#: Who has a conflict of interest with whom: a reviewer's name and an applicant's address.
CONFLICT = ("Lena Brandstetter", "bruno.falkenrath@applicants.example")


def invented_name(rng: random.Random) -> str:
    """Draw a name."""
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
