"""Words that stand where there is no name: many rows that hold one are not one and the same somebody."""

_DONE = (
    *("available", "applicable", "known", "specified", "recorded", "given", "provided", "stated", "entered", "set"),
    *("assigned", "identified", "found", "reported", "registered", "disclosed"),
)
WORDS = frozenset(  # in small letters, with one space for hyphens, underscores and spaces
    (
        *(
            "",
            "nan",
            "null",
            "none",
            "nil",
            "nul",
            "na",
            "n/a",
            "n.a",
            "n.a.",
            "<na>",
            "#n/a",
            "#n/a n/a",
            "#na",
            "nat",
            "\\n",
        ),
        *("n/d", "n.d", "n.d.", "n/k", "n.k", "n.k.", "n.n", "n.n.", "k.a", "k.a.", "k. a", "k. a."),
        *("unknown", "undefined", "missing", "unspecified", "unidentified", "unidentifiable", "unassigned", "unnamed"),
        *(
            "unk",
            "undef",
            "nameless",
            "unrecorded",
            "unregistered",
            "unset",
            "empty",
            "blank",
            "invalid",
            "dummy",
            "placeholder",
            "guest",
            "guests",
        ),
        *(
            "no name",
            "noname",
            "nobody",
            "no one",
            "anon",
            "anonym",
            "anonymous",
            "anonymised",
            "anonymized",
            "withheld",
            "redacted",
        ),
        *("tbd", "tba", "to be determined", "to be announced"),
        *(f"{no} {done}" for no in ("not", "none") for done in _DONE),
        *("unbekannt", "nicht bekannt", "keine", "keine angabe", "inconnu", "inconnue", "anonyme", "aucun"),
        *("desconocido", "desconocida", "ninguno", "ninguna", "anónimo", "sin nombre", "desconhecido", "anônimo"),
        *("sconosciuto", "sconosciuta", "nessuno", "anonimo", "onbekend", "okänd", "ukjent", "nieznany"),
        *("неизвестно", "неизвестный", "аноним", "未知", "不明", "匿名"),
        *("#value!", "#ref!", "#null!", "#name?", "#div/0!", "#num!"),  # what spreadsheets write for an error
    )
)
REPEATED = frozenset(("nan", "null", "none", "nil", "unknown", "undefined", "missing", "anonymous"))  # first, last name
NO = frozenset(
    ("no", "unknown", "anonymous", "unidentified", "unassigned", "undefined", "unnamed", "missing", "invalid", "guest")
)
WHO = frozenset(
    (
        *("name", "id", "user", "customer", "client", "guest", "visitor", "member", "person", "patient"),
        *("subject", "account", "card", "speaker", "author", "item"),
    )
)
# The UUID that stands for none (RFC 9562, 5.9), without its hyphens, and what C libraries write for NaN.
NUMBERS = frozenset(("00000000 0000 0000 0000 000000000000", "1.#ind", "1.#qnan"))
