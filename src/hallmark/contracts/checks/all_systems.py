"""The checks that every system offers, in the order of the stages."""

from hallmark.contracts.checks.check import FAMILY, OF_GROUPS, SIGNATURE, SIMPLE_METHODS, Check

# Configuration keys that name metrics.
_MEASURED_METRICS = ("evaluate.metrics", "evaluate.functions")
_PRIMARY_METRIC = "evaluate.primary_metric"
_AUDITED_GROUPS = "bias.groups"  # the key of the groups that the task declares
_REQUIRED_COLUMNS = ("id", "entity", "fingerprint", "split", "label", OF_GROUPS)


def _contract(
    name: str, about: str, columns: tuple[str, ...], *, group_keys: tuple[str, ...] = (), question: int = 1
) -> Check:
    """Return a check of the examples contract: validation runs it on every task's examples."""
    return Check(
        name=f"validate.{name}",
        question=question,
        about=about,
        subjects={("column",): "{column}"},
        unit="share of rows that break the rule",
        better="less",
        judges=True,
        group_keys=group_keys,
        columns=columns,
    )


CHECKS_OF_ALL_SYSTEMS = (
    _contract("columns", "A column that the examples must have.", _REQUIRED_COLUMNS, group_keys=(_AUDITED_GROUPS,)),
    _contract("complete", "A column that must have a value in every row.", (*_REQUIRED_COLUMNS, "time")),
    _contract("finite", "A descriptor or an array whose numbers must be finite.", ("descriptor.*", "array.*")),
    _contract("unique_ids", "Ids, each of which may occur once.", ("id",)),
    _contract("known_splits", "The splits that rows may name.", ("split",)),
    _contract("known_labels", "The labels that rows may have.", ("label",)),
    _contract("filled_splits", "The splits that must not be empty.", ("split",)),
    _contract("one_split_per_entity", "Entities, none of which may be in two splits.", ("entity",), question=4),
    _contract("one_split_per_fingerprint", "Inputs, none of which may be in two splits.", ("fingerprint",), question=4),
    _contract("class_counts", "How many examples each label has in each split.", ("label",)),
    _contract(
        "group_counts",
        "How many test examples each value of a group has.",
        (OF_GROUPS,),
        group_keys=(_AUDITED_GROUPS,),
    ),
    _contract("time_order", "Splits that must follow one another in time.", ("time",), question=4),
    Check(
        name=FAMILY,
        question=1,
        about="An expectation of the task's own, on a column or on the table.",
        subjects={("column",): "{column}", (): "table"},
        unit="share of rows that break the rule",
        better="less",
        judges=True,
    ),
    Check(
        name="train.parity",
        question=4,
        about="The largest difference between the outputs of the package and of the network that it was made from.",
        subjects={(): "package"},
        unit="absolute difference",
        better="less",
        judges=True,
    ),
    Check(
        name="evaluate.metric",
        question=5,
        question_by_metric={"cost": 8},
        about="A metric of the model on the test split.",
        subjects={("metric",): "{metric}"},
        better="as its metric",
        metric_keys=_MEASURED_METRICS,
    ),
    Check(
        name="evaluate.gain",
        question=9,
        about="By how much the model is better than another scorer, paired on the test split.",
        subjects={("metric", "against"): "{metric} over {against}"},
        metric_keys=(_PRIMARY_METRIC,),
        against=(SIMPLE_METHODS, "rule"),
    ),
    Check(
        name="evaluate.complexity",
        question=2,
        about="By how much the model is better than the simple method that did best on validation.",
        subjects={("metric", "against"): "{metric} over the best simple method"},
        metric_keys=(_PRIMARY_METRIC,),
        against=(SIMPLE_METHODS,),
    ),
    Check(
        name="evaluate.gap",
        question=5,
        about="By how much the model is better on training examples than on test examples.",
        subjects={("metric",): "{metric}"},
        better="less",
        metric_keys=_MEASURED_METRICS,
    ),
    Check(
        name="evaluate.shortcut",
        question=7,
        about="By how much the model is better than a predictor that knows the descriptors alone.",
        subjects={("metric",): "{metric} over descriptors alone"},
        metric_keys=(_PRIMARY_METRIC,),
    ),
    Check(
        name="evaluate.single_input",
        question=7,
        about="By how much the model is better than a predictor that knows one input column alone.",
        subjects={
            ("metric", "column"): "{metric} over {column} alone",
            ("metric",): "{metric} over a single input alone",
        },
        metric_keys=(_PRIMARY_METRIC,),
    ),
    Check(
        name="evaluate.patch",
        question=7,
        about="By how much the model is better than a predictor that knows one patch of the picture alone.",
        subjects={
            ("metric",): "{metric} over one patch alone",
            ("metric", "label"): "{metric} over the patch of {label} alone, where it lies",
        },
        metric_keys=(_PRIMARY_METRIC,),
        metrics=("accuracy",),  # of the patches of single labels
    ),
    Check(
        name="evaluate.group_label",
        question=7,
        about="How much of the label a group gives away, where it is half or more (Theil's U).",
        subjects={("groups",): "{groups}"},
        unit="share of the label's entropy",
        better="less",
    ),
    Check(
        name="evaluate.recall",
        question=5,
        about="How many test examples of a label are recognised.",
        subjects={("label",): "{label}", (): "every label"},
        unit="share of the label's examples",
    ),
    Check(
        name="evaluate.review",
        question=10,
        about='Selective prediction: the "share deferred" to a person, and the "error among the accepted".',
        subjects={("case",): "{case}"},
        cases=("share deferred", "error among the accepted"),
        unit="share of test examples",
        better="less",
    ),
    Check(
        name="evaluate.test_use",
        question=5,
        about="How many distinct models have been evaluated on this test split, this one included.",
        subjects={(): "models judged on this test split"},
        unit="models",
        better="less",
    ),
    Check(
        name="bias.coverage",
        question=1,
        about="Whether a group, or a pair of groups, is there and large enough to be judged.",
        subjects={("groups",): "{groups}"},
        unit="none",
        better="neither",
        judges=True,
        group_keys=(_AUDITED_GROUPS,),
    ),
    Check(
        name="bias.gap",
        question=5,
        about="By how much the model is better on a slice than on the rest.",
        subjects={("metric", "slice"): "{metric} | {slice}"},
        metric_keys=("bias.metrics",),
        group_keys=(_AUDITED_GROUPS,),
    ),
    Check(
        name="drift.column",
        question=6,
        about='How far a column has moved in the recent window; or the whole "recent window", where there is none.',
        subjects={("column",): "{column}", ("case",): "{case}"},
        columns=(
            "label",
            "prediction",
            "confidence",
            "confidence missing",
            OF_GROUPS,
            "descriptor.*",
            "descriptor.* missing",
        ),
        cases=("recent window",),
        unit="standard deviations, or Cohen's h",
        better="neither",
        judges=True,
    ),
    Check(
        name="drift.error",
        question=6,
        about="By how much the model is better on the recent window than on the test split.",
        subjects={("metric",): "{metric}"},
        metric_keys=(_PRIMARY_METRIC,),
    ),
    Check(
        name=SIGNATURE,
        question=10,
        about="A person's signature, where the stakes are high.",
        subjects={(): "a person"},
        unit="none",
        better="neither",
        judges=True,
    ),
    Check(
        name="gate.verdict",
        question=10,
        about="What the gate concluded: the status.",
        subjects={("case",): "{case}"},
        unit="none",
        better="neither",
        judges=True,
    ),
    Check(
        name="gate.unmatched",
        question=10,
        about="A requirement that selects no finding.",
        subjects={("case",): "{case}"},
        unit="none",
        better="neither",
        judges=True,
    ),
    Check(
        name="promote.champion",
        question=5,
        about="By how much the challenger is better than the champion, paired on today's test split.",
        subjects={("metric",): "{metric}"},
        metric_keys=(_PRIMARY_METRIC,),
    ),
)
