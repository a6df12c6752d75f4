"""The people of the shop: imagined, from many places, the same ones on every machine."""

import random
import unicodedata
from dataclasses import dataclass

#: Given names, family names, and whether the family's name comes first.
NAMES: list[tuple[str, str, bool]] = [
    ("Amara Chidi Ifeoma Emeka Ngozi", "Okafor Eze Nwosu Obi Okeke", False),
    ("Kwame Abena Kofi Esi Yaw", "Mensah Owusu Boateng Asante Appiah", False),
    ("Wanjiru Otieno Achieng Kamau Njeri", "Mwangi Odhiambo Kariuki Wafula Kimani", False),
    ("Thandiwe Sipho Nomvula Lwazi Zanele", "Dlamini Nkosi Khumalo Mokoena Ndlovu", False),
    ("Yasmine Karim Salma Youssef Nour", "Haddad Mansour Khoury Benali Farouk", False),
    ("Shirin Dariush Parisa Kaveh Niloufar", "Rahimi Tehrani Hosseini Karimi Moradi", False),
    ("Aylin Emre Zeynep Kerem Elif", "Yılmaz Demir Şahin Çelik Öztürk", False),  # noqa: RUF001
    ("Ananya Rohan Kavya Arjun Meera", "Sharma Iyer Banerjee Patel Reddy", False),
    ("Wei Xiulan Jian Meiling Hao", "Chen Wang Zhang Liu Huang", True),
    ("Haruka Kenji Sakura Daichi Yui", "Tanaka Suzuki Watanabe Kobayashi Mori", True),
    ("Minjun Jiwoo Seoyeon Hyunwoo Eunji", "Kim Park Choi Jung Kang", True),
    ("Linh Minh Thảo Đức Hương", "Nguyễn Trần Phạm Lê Vũ", True),
    ("Mateo Valentina Santiago Camila Joaquín", "García Hernández Muñoz Quispe Rojas", False),
    ("Beatriz João Inês Thiago Luísa", "Silva Ferreira Gonçalves Araújo Conceição", False),
    ("Zofia Jakub Małgorzata Paweł Agnieszka", "Nowak Wójcik Mazur Kaczmarek Dudek", False),
    ("Oksana Andriy Daryna Taras Solomiya", "Shevchenko Kovalenko Bondarenko Melnyk Tkachuk", False),
    ("Astrid Søren Freja Mikkel Ingrid", "Sørensen Lindqvist Hansen Bjørnstad Åkerman", False),
    ("Aoife Niamh Cillian Oisín Róisín", "O'Brien Gallagher Kavanagh Fitzgerald Doyle", False),
    ("Élodie Théo Margaux Benoît Chloé", "Lefèvre Moreau Beaulieu Dufour Girard", False),
    ("Johanna Matthias Käthe Jürgen Lieselotte", "Weiß Schröder Vogel Krämer Hoffmann", False),
]

#: Letters that do not come apart into a plain one and an accent.
PLAIN = str.maketrans({"ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "'": ""})  # noqa: RUF001


@dataclass(frozen=True)
class Person:
    """Somebody who works at the shop."""

    name: str
    email: str


def people(count: int) -> list[Person]:
    """Return that many people with different addresses, in an order that mixes where they come from."""
    chance = random.Random(1847)
    found: dict[str, Person] = {}
    everybody: list[Person] = []
    for given_names, family_names, family_first in NAMES:
        families = family_names.split()
        for number, given in enumerate(given_names.split()):
            # Two of each given name, no two of them related.
            for step in (number, number + 2):
                family = families[step % len(families)]
                name = f"{family} {given}" if family_first else f"{given} {family}"
                domain = chance.choice(["example.com", "example.org", "example.net"])
                person = Person(name, f"{_plain(given)}.{_plain(family)}@{domain}")
                if found.setdefault(person.email, person) is person:
                    everybody.append(person)
    chance.shuffle(everybody)
    return everybody[:count]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(PLAIN))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())
