import numpy as np
import pandas as pd
import pytest
from drawings import by_name

from hallmark.bias import Audit, audit
from hallmark.config.stages import Bias
from hallmark.contracts.findings import Finding, judge
from hallmark.errors import InputError


def audited(
    table: pd.DataFrame, metrics: tuple[str, ...] = ("accuracy",), groups: tuple[str, ...] = ("sex", "age")
) -> Audit:
    settings = Bias(metrics=[*metrics], groups=[*groups], confidence=0.95)
    return audit(table, settings, positive="yes", seed=1)


def gap(result: Audit, subject: str) -> Finding:
    return next(finding for finding in result.findings if finding.subject == subject)


def test_the_table_is_tidy_and_complete(table: pd.DataFrame) -> None:
    found = audited(table).table
    names = ["accuracy", "roc_auc", "average_precision", "calibration_error"]
    assert list(found["metric"].unique()) == names
    assert len(found) == len(names) * (1 + 2 + 3 + 6)

    row = found[(found["metric"] == "accuracy") & (found["member"] == "sex=f")].iloc[0]
    right = table["score.accuracy"][table["group.sex"] == "f"]
    assert (row["group"], row["value"], row["rows"], row["entities"]) == ("sex", "f", 300, 100)
    assert row["estimate"] == pytest.approx(right.mean())
    assert row["low"] < row["estimate"] < row["high"]


def test_too_small_a_part_is_shown_as_such(table: pd.DataFrame) -> None:
    result = audited(table)
    small = result.table[result.table["note"] == "too small"]
    assert set(small["member"]) == {"age=unsaid", "sex=f & age=unsaid", "sex=m & age=unsaid"}
    assert small["estimate"].isna().all()
    finding = gap(result, "accuracy | age=unsaid")
    assert judge(finding, at_least=-0.1).verdict == "unresolved"
    assert "7 examples of 3 entities" in finding.reason
    assert "would often go unseen" in finding.reason


def test_episodes_cover_no_group_and_count_for_their_metric_alone(table: pd.DataFrame) -> None:
    episodes = table[["entity", "group.sex", "group.age"]].head(60).copy()
    episodes["group.age"] = "unsaid"
    episodes["score.return"] = 1.0
    episodes["weight.return"] = 1.0
    episodes["scorer"] = "model"
    episodes["id"] = [f"p{i}" for i in range(60)]
    settings = Bias(metrics=["accuracy", "return"], groups=["age"], confidence=0.95)

    result = audit(table.assign(scorer="model"), settings, episodes=episodes, positive="yes", seed=1)

    found = {f.subject: f for f in result.findings}
    assert found["age"].verdict == "unresolved" and "unsaid (7)" in found["age"].reason.replace("age=", "")
    assert found["accuracy | age=unsaid"].estimate is None
    assert found["accuracy | age=old"].estimate is not None


def test_a_metric_counts_its_own_rows_by_their_own_noun(table: pd.DataFrame) -> None:
    episodes = table[["id", "entity", "group.sex", "group.age"]].iloc[300:420].copy()
    episodes["score.return"] = np.arange(120.0)
    episodes["weight.return"] = 1.0
    episodes["scorer"] = "model"
    episodes["id"] = [f"p{i}" for i in range(120)]
    settings = Bias(metrics=["accuracy", "return"], groups=["sex"], confidence=0.95)
    result = audit(table.assign(scorer="model"), settings, episodes=episodes, positive="yes", seed=1)

    assert "in 300 examples of 100 entities." in gap(result, "accuracy | sex=f").reason
    assert "in 60 episodes of 20 entities." in gap(result, "return | sex=f").reason
    assert gap(result, "return | sex=f").n == 20

    columns = ["metric", "member", "rows", "entities"]
    sizes = [tuple(row) for row in result.table[columns].itertuples(index=False)]
    assert ("accuracy", "all", 600, 200) in sizes
    assert ("return", "all", 120, 40) in sizes
    assert ("roc_auc", "sex=f", 300, 100) in sizes

    axes = by_name(result.figures)["return"].axes[0]
    assert "n = 120 episodes, 40 entities" in axes.get_title(loc="left")
    assert axes.get_ylabel() == "slice (n episodes)"


def test_a_planted_gap_is_found_and_said(table: pd.DataFrame) -> None:
    table.loc[(table["group.sex"] == "f") & (np.arange(600) % 2 == 0), "score.accuracy"] = 0.0
    finding = gap(audited(table), "accuracy | sex=f")
    assert finding.high is not None
    assert finding.high < -0.2
    assert "worse, even with all" in finding.reason
    assert judge(finding, at_least=-0.1).verdict == "fail"


def test_no_gap_says_what_could_have_gone_unseen(table: pd.DataFrame) -> None:
    finding = gap(audited(table), "accuracy | sex=f & age=old")
    assert finding.verdict == "measured"
    assert finding.low is not None
    assert finding.high is not None
    assert finding.low < 0 < finding.high
    assert "would often go unseen" in finding.reason


def test_each_metric_and_member_has_one_finding(table: pd.DataFrame) -> None:
    found = [
        finding.subject for finding in audited(table, ("accuracy", "roc_auc")).findings if finding.check == "bias.gap"
    ]
    assert len(found) == len(set(found)) == 2 * 11


def test_figures_show_every_member(table: pd.DataFrame) -> None:
    figures = by_name(audited(table).figures)
    assert set(figures) == {"accuracy", "accuracy_gap"}
    for figure in figures.values():
        axes = figure.axes[0]
        assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["sex=f  (300)", "sex=m  (300)"]
        assert len(axes.get_yticklabels()) == 11
        assert [text.get_text() for text in axes.texts].count("too small") == 3
        assert "n = 600 examples, 200 entities" in axes.get_title(loc="left")


def test_many_members_are_drawn_down_to_the_worst(table: pd.DataFrame) -> None:
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        table[f"group.{name}"] = generator.integers(9, size=600).astype(str)
    axes = by_name(audited(table, groups=("a", "b")).figures)["accuracy_gap"].axes[0]
    assert len(axes.get_yticklabels()) <= 60
    assert "that fare worst" in axes.get_title(loc="left")


def test_a_missing_group_leaves_the_rest_audited(table: pd.DataFrame) -> None:
    result = audited(table, groups=("sex", "income"))
    assert gap(result, "income").verdict == "fail"
    assert gap(result, "accuracy | sex=f").estimate is not None


def test_no_usable_group_at_all(table: pd.DataFrame) -> None:
    result = audited(table, groups=("income",))
    assert [finding.check for finding in result.findings] == ["bias.coverage"]
    assert set(result.table["member"]) == {"all"}


def test_a_metric_that_cannot_be_had_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="log_loss"):
        audited(table, ("log_loss",))


def test_the_same_seed_gives_the_same_audit(table: pd.DataFrame) -> None:
    first = audited(table)
    second = audited(table)
    pd.testing.assert_frame_equal(first.table, second.table, check_exact=True)
    assert first.findings == second.findings
