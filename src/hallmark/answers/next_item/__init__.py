"""The next item: a ranking of a whole catalogue."""

from hallmark.answers import answer


class NextItemAnswer(answer.Answer):
    name = "next_item"
    kind = "ranking"
    target = "target.item"
    decision_keys = frozenset({"mistake", "unit"})
    metrics = frozenset({"ndcg_at_10", "recall_at_10", "reciprocal_rank", "log_loss", "cost", "calibration_error"})

    @property
    def decoding(self) -> answer.Decoding:
        from hallmark.answers.next_item import decoding

        return decoding

    @property
    def scoring(self) -> answer.Scoring:
        from hallmark.answers.next_item import scoring

        return scoring

    @property
    def network(self) -> answer.Network:
        from hallmark.answers.next_item import network

        return network

    @property
    def plots(self) -> answer.Plots:
        from hallmark.answers.next_item import plots

        return plots


ANSWER = NextItemAnswer()
