"""Classes: one label of a known set."""

from hallmark.answers import answer


class ClassesAnswer(answer.Answer):
    name = "classes"
    kind = "softmax"
    target = None
    decision_keys = frozenset({"positive", "mistake", "matrix", "scale", "unit", "specificity"})
    metrics = frozenset({"accuracy", "log_loss", "brier", "cost", "calibration_error"})
    metrics_with_positive = frozenset(
        {"sensitivity", "specificity", "precision", "alert_rate", "roc_auc", "average_precision"}
    )

    @property
    def decoding(self) -> answer.Decoding:
        from hallmark.answers.classes import decoding

        return decoding

    @property
    def scoring(self) -> answer.Scoring:
        from hallmark.answers.classes import scoring

        return scoring

    @property
    def baselines(self) -> answer.Baselines:
        from hallmark.answers.classes import baselines

        return baselines

    @property
    def network(self) -> answer.Network:
        from hallmark.answers.classes import network

        return network

    @property
    def plots(self) -> answer.Plots:
        from hallmark.answers.classes import plots

        return plots


ANSWER = ClassesAnswer()
