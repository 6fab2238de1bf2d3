"""Diagnostics of a language model: samples of what it writes, and how much it copies from training."""

from collections.abc import Sequence
from textwrap import shorten

import numpy as np
from tokenizers import Tokenizer

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.metrics.statistics import Interval, differences, intervals, means
from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.report_figures import ReportFigure
from hallmark.systems.language import config
from hallmark.systems.language.diagnostics.memorisation import count_copied_spans
from hallmark.systems.language.diagnostics.sample_figures import plot_samples
from hallmark.systems.language.diagnostics.samples import Sample, write_samples
from hallmark.systems.system import Diagnosis, DiagnosticData

_PROMPTS_IN_FIGURE = 3
_QUOTED_CHARACTERS = 240  # at most, of a text that a finding quotes
_CONFIDENCE = 0.95  # of the intervals


def diagnose(data: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Let the model continue the beginnings of test documents, and measure what it copies.

    A span is any stretch of `settings.span` characters; it is copied if it stands in the training
    text character for character. Findings:

    - `evaluate.memorisation`: the share of copied spans, in what the model writes at each
      temperature and in the real text that follows the prompts.
    - `evaluate.memorisation_excess`: the model's share minus that of the real text, for each
      temperature.
    - `evaluate.generated`: a quotation of what the model writes after the first prompt, for each
      temperature.

    The figure shows the first prompts with the real text and what the model writes.

    Raises `InputError` where no test document is long enough for a prompt and its continuation.
    """
    samples = write_samples(data.examples["test"], data.scorers[MODEL], settings, seed=data.seed)
    training_texts = _training_texts(data.examples["train"])

    findings = memorisation_findings(samples, training_texts, span=settings.span)
    figure = ReportFigure(
        name="generated_examples",
        question=3,
        title="generated examples",
        drawing=plot_samples(samples[:_PROMPTS_IN_FIGURE], settings.temperatures),
        shows_examples=True,
    )
    return Diagnosis([*findings, *_quote(samples[0])], [figure])


def _training_texts(train: Examples) -> list[str]:
    """Return the text of each training document, joined from the scored tokens of its windows.

    Every token of a document is scored in exactly one window. Windows that `train` lacks, since it
    may be a sample, are missing in the text.
    """
    tokenizer = Tokenizer.from_str(train.encoding["tokenizer"])
    documents = train.table["id"].str.rpartition(":")[0].to_numpy()  # an id is <document>:<window>
    tokens = np.asarray(train.arrays["tokens"])
    is_scored = scored_positions(train)

    tokens_by_document: dict[str, list[int]] = {}
    for row, document in enumerate(documents):
        scored_tokens = tokens[row, is_scored[row]].tolist()
        tokens_by_document.setdefault(document, []).extend(scored_tokens)
    return tokenizer.decode_batch(list(tokens_by_document.values()))


def memorisation_findings(
    samples: Sequence[Sample],
    training_texts: Sequence[str],
    *,
    span: int,
) -> list[Finding]:
    """Return the findings on copied spans, with intervals for which a sample is an entity.

    First the share of each case (the temperatures, then the real text), then the excess of each
    temperature. All `samples` have the same temperatures. `span` is in characters.
    """
    cases = [config.temperature_case(temperature) for temperature in samples[0].written]
    texts: list[str] = []
    for temperature in samples[0].written:
        texts += [sample.written[temperature] for sample in samples]
    texts += [sample.real for sample in samples]

    # One row for each case, one column for each sample.
    copied_counts, span_counts = count_copied_spans(texts, training_texts, span=span)
    copied_counts = copied_counts.reshape(-1, len(samples))
    span_counts = span_counts.reshape(-1, len(samples))
    share_by_case = {}
    for row, case in enumerate([*cases, config.HELD_OUT]):
        share_by_case[case] = _measure_share(copied_counts[row], span_counts[row])

    shares = [_share_finding(case, share, span) for case, share in share_by_case.items()]
    excesses = [_excess_finding(case, share_by_case[case], share_by_case[config.HELD_OUT]) for case in cases]
    return shares + excesses


def _measure_share(copied_counts: np.ndarray, span_counts: np.ndarray) -> InfluenceEstimate | None:
    """Return the share of all spans that are copied; None if there is no span.

    Both counts are (n,), for n samples; each sample is an entity.
    """
    shares = np.zeros(len(copied_counts))
    np.divide(copied_counts, span_counts, out=shares, where=span_counts > 0)
    entities = np.arange(len(shares))
    return means.weighted_mean(shares, span_counts.astype(float), entities, entity_count=len(shares))


def _share_finding(case: str, copied_share: InfluenceEstimate | None, span: int) -> Finding:
    """Return the finding on the share of one case.

    `copied_share` is None if no text of the case has `span` characters.
    """
    check = "evaluate.memorisation"
    if copied_share is None:
        why = f"No text of {case} is as long as {span} characters, so nothing can be compared with the training text."
        return Finding(check=check, case=case, reason=why)

    share = copied_share.estimate
    low, high = intervals.score_limits(share, _CONFIDENCE)
    interval = Interval(share.value, low, high, share.entity_count)
    origin = "what really follows the prompts" if case == config.HELD_OUT else f"what the model writes at {case}"

    why = f"{share.value:.1%} of the spans of {span} characters of {origin} stand word for word in the training text."
    return Finding.from_interval(check, interval, case=case, reason=why)


def _excess_finding(
    case: str,
    written: InfluenceEstimate | None,
    held_out: InfluenceEstimate | None,
) -> Finding:
    """Return the finding on the share of what the model wrote minus that of the real text.

    The interval takes into account that both are of the same prompts.
    """
    check = "evaluate.memorisation_excess"
    if written is None or held_out is None:
        why = "One of the two has no span to compare."
        return Finding(check=check, case=case, against=config.HELD_OUT, reason=why)

    model_share = written.estimate
    real_share = held_out.estimate
    low, high = differences.mover_limits(
        model_share,
        real_share,
        intervals.score_limits(model_share, _CONFIDENCE),
        intervals.score_limits(real_share, _CONFIDENCE),
        differences.paired_correlation(written, held_out),
    )
    excess = Interval(model_share.value - real_share.value, low, high, model_share.entity_count)
    why = (
        f"The model copies {model_share.value:.1%} at {case}; of real text {real_share.value:.1%} stands there as well."
    )
    return Finding.from_interval(check, excess, case=case, against=config.HELD_OUT, reason=why)


def _quote(sample: Sample) -> list[Finding]:
    """Return a finding for each temperature that quotes one sample, for the model card."""
    prompt = _shorten(sample.prompt)
    return [
        Finding(
            check="evaluate.generated",
            case=config.temperature_case(temperature),
            n=1,
            reason=f"After “{prompt}” the model writes: “{_shorten(text)}”.",
        )
        for temperature, text in sample.written.items()
    ]


def _shorten(text: str) -> str:
    """Return the text in one line, cut after a whole word."""
    return shorten(text, _QUOTED_CHARACTERS, placeholder=" …")
