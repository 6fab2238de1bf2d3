"""A transcript: text, letter by letter, of a sequence (connectionist temporal classification)."""

from hallmark.answers import answer


class TranscriptAnswer(answer.Answer):
    name = "transcript"
    kind = "ctc"
    target = "target.tokens"
    decision_keys = frozenset({"mistake", "unit"})
    metrics = frozenset({"word_error_rate", "character_error_rate", "accuracy", "cost", "calibration_error"})

    @property
    def decoding(self) -> answer.Decoding:
        from hallmark.answers.transcript import decoding

        return decoding

    @property
    def scoring(self) -> answer.Scoring:
        from hallmark.answers.transcript import scoring

        return scoring

    @property
    def network(self) -> answer.Network:
        from hallmark.answers.transcript import network

        return network

    @property
    def plots(self) -> answer.Plots:
        from hallmark.answers.transcript import plots

        return plots


ANSWER = TranscriptAnswer()
