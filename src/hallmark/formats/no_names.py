"""Words that people and programs write for "no name", such as "unknown" or "n/a".

Rows with such a word are not rows of one entity.
"""


def _terms(*lines: str) -> frozenset[str]:
    """Return the set of terms in lines, which separate them by ", "."""
    return frozenset(term for line in lines for term in line.split(", "))


_PARTICIPLES = _terms(
    "available, applicable, known, specified, recorded, given, provided, stated, entered, set, assigned, identified",
    "found, reported, registered, disclosed",
)

# In small letters, with one space for each run of hyphens, underscores and spaces.
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
        "#value!, #ref!, #null!, #name?, #div/0!, #num!",  # errors of spreadsheets
    )
    | {f"not {participle}" for participle in _PARTICIPLES}
    | {f"none {participle}" for participle in _PARTICIPLES}
)
# Words that also name nobody where they are repeated, as first and last name: "unknown unknown".
REPEATED = _terms("nan, null, none, nil, unknown, undefined, missing, anonymous")
# A word of NO followed by words of WHO names nobody: "no name", "unknown user".
NO = _terms("no, unknown, anonymous, unidentified, unassigned, undefined, unnamed, missing, invalid, guest")
WHO = _terms(
    "name, id, user, customer, client, guest, visitor, member, person, patient",
    "subject, account, card, speaker, author, item",
)
# Beginning with a digit: the nil UUID (RFC 9562, 5.9) without its hyphens, and NaN as C libraries
# write it.
NUMBERS = frozenset(("00000000 0000 0000 0000 000000000000", "1.#ind", "1.#qnan"))
