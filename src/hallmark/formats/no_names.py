"""Words that stand where there is no name: many rows that hold one are not one and the same somebody."""


def _terms(*lines: str) -> frozenset[str]:
    """Return the terms of lines that separate them by ", "."""
    return frozenset(term for line in lines for term in line.split(", "))


_PARTICIPLES = _terms(
    "available, applicable, known, specified, recorded, given, provided, stated, entered, set, assigned, identified",
    "found, reported, registered, disclosed",
)

# In small letters, with one space for hyphens, underscores and spaces.
WORDS = (
    frozenset({""})
    | _terms(
        "nan, null, none, nil, nul, nat, na, n/a, n.a, n.a., <na>, #n/a, #n/a n/a, #na, \\n",
        "n/d, n.d, n.d., n/k, n.k, n.k., n.n, n.n., k.a, k.a., k. a, k. a.",
        "unknown, unk, undefined, undef, missing, unspecified, unidentified, unidentifiable, unassigned, unnamed",
        "nameless, unrecorded, unregistered, unset, empty, blank, invalid, dummy, placeholder, guest, guests",
        "no name, noname, nobody, no one, anon, anonym, anonymous, anonymised, anonymized, withheld, redacted",
        "tbd, tba, to be determined, to be announced",
        "unbekannt, nicht bekannt, keine, keine angabe, inconnu, inconnue, anonyme, aucun",
        "desconocido, desconocida, ninguno, ninguna, anónimo, sin nombre, desconhecido, anônimo",
        "sconosciuto, sconosciuta, nessuno, anonimo, onbekend, okänd, ukjent, nieznany",
        "неизвестно, неизвестный, аноним, 未知, 不明, 匿名",
        "#value!, #ref!, #null!, #name?, #div/0!, #num!",  # what spreadsheets write for an error
    )
    | {f"not {participle}" for participle in _PARTICIPLES}
    | {f"none {participle}" for participle in _PARTICIPLES}
)
# Which also name nobody where they are repeated, as first and last name.
REPEATED = _terms("nan, null, none, nil, unknown, undefined, missing, anonymous")
# A word of the first set followed by words of the second names nobody: "no name", "unknown user".
NO = _terms("no, unknown, anonymous, unidentified, unassigned, undefined, unnamed, missing, invalid, guest")
WHO = _terms(
    "name, id, user, customer, client, guest, visitor, member, person, patient",
    "subject, account, card, speaker, author, item",
)
# The UUID that stands for none (RFC 9562, 5.9), without its hyphens, and what C libraries write for NaN.
NUMBERS = frozenset(("00000000 0000 0000 0000 000000000000", "1.#ind", "1.#qnan"))
