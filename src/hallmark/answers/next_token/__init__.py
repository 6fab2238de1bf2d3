"""The next token: the likelihood of a text, and what comes after it."""

from hallmark.answers import answer


class NextTokenAnswer(answer.Answer):
    name = "next_token"
    kind = "likelihood"
    target = "target.next"
    decision_keys = frozenset()
    metrics = frozenset({"bits_per_byte", "nats_per_character", "perplexity", "accuracy", "calibration_error"})

    @property
    def decoding(self) -> answer.Decoding:
        from hallmark.answers.next_token import decoding

        return decoding

    @property
    def scoring(self) -> answer.Scoring:
        from hallmark.answers.next_token import scoring

        return scoring

    @property
    def network(self) -> answer.Network:
        from hallmark.answers.next_token import network

        return network

    @property
    def plots(self) -> answer.Plots:
        from hallmark.answers.next_token import plots

        return plots


ANSWER = NextTokenAnswer()
