"""What only a language model can be asked: what it writes, and how much of that it has memorised."""

from collections.abc import Sequence
from textwrap import shorten

import numpy as np
from tokenizers import Tokenizer

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.figures import ReportFigure
from hallmark.metrics.statistics import Interval, differences, intervals, means
from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.systems.language import config
from hallmark.systems.language.diagnostics.figures import plot_samples
from hallmark.systems.language.diagnostics.memorisation import count_copied_spans
from hallmark.systems.language.diagnostics.samples import Sample, write_samples
from hallmark.systems.system import Diagnosis, DiagnosticData

_PROMPTS_IN_FIGURE = 3
_QUOTED_CHARACTERS = 240  # of a text in a sentence
_CONFIDENCE = 0.95
HELD_OUT = "held-out text"  # what really follows the prompts


def diagnose(data: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Let the model go on from the beginnings of test documents, at each temperature, and look for what it wrote in the
    training text.

    Findings:

    - `evaluate.memorisation`: the share of the spans of `span` characters that stand word for word in the training
      text, for each temperature and for what really follows the prompts.
    - `evaluate.memorisation_excess`: by how much the model's share is larger than that of the real text.
    - `evaluate.generated`: quotes what the model wrote.

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
    """Return the texts of the training documents that are at hand, put together of what counts in each window."""
    tokenizer = Tokenizer.from_str(train.encoding["tokenizer"])
    documents = train.table["id"].str.rpartition(":")[0].to_numpy()
    tokens = np.asarray(train.arrays["tokens"])
    is_counted = scored_positions(train)

    tokens_by_document: dict[str, list[int]] = {}
    for row, document in enumerate(documents):
        tokens_by_document.setdefault(document, []).extend(tokens[row, is_counted[row]].tolist())
    return tokenizer.decode_batch(list(tokens_by_document.values()))


def memorisation_findings(samples: Sequence[Sample], training_texts: Sequence[str], *, span: int) -> list[Finding]:
    """Return the shares of spans that stand in the training texts, each with its interval by sample."""
    cases = [_case(temperature) for temperature in samples[0].written]
    texts: list[str] = []
    for temperature in samples[0].written:
        texts += [sample.written[temperature] for sample in samples]
    texts += [sample.real for sample in samples]
    copied_counts, span_counts = count_copied_spans(texts, training_texts, span=span)

    by_case = (len(cases) + 1, len(samples))
    shares = [
        _measure_share(copied, spans)
        for copied, spans in zip(copied_counts.reshape(by_case), span_counts.reshape(by_case), strict=True)
    ]
    share_by_case = dict(zip([*cases, HELD_OUT], shares, strict=True))

    levels = [_share_finding(case, share, f"{span} characters") for case, share in share_by_case.items()]
    excesses = [_excess_finding(case, share_by_case[case], share_by_case[HELD_OUT]) for case in cases]
    return levels + excesses


def _case(temperature: float) -> str:
    return f"temperature {temperature:g}"


def _measure_share(copied_counts: np.ndarray, span_counts: np.ndarray) -> InfluenceEstimate | None:
    """Return the share of all spans that are copied, with each sample (n,) as an entity; None: there is no span."""
    shares = np.divide(copied_counts, span_counts, out=np.zeros(len(copied_counts)), where=span_counts > 0)
    entities = np.arange(len(shares))
    return means.weighted_mean(shares, span_counts.astype(float), entities, size=len(shares))


def _share_finding(case: str, measured: InfluenceEstimate | None, span: str) -> Finding:
    check = "evaluate.memorisation"
    if measured is None:
        why = f"No text of {case} is as long as {span}, so nothing can be compared with the training text."
        return Finding(check=check, case=case, reason=why)

    share = measured.estimate
    low, high = intervals.score_limits(share, _CONFIDENCE)
    interval = Interval(share.value, low, high, share.entities)
    text = "of what really follows the prompts" if case == HELD_OUT else f"of what the model writes at {case}"
    why = f"{share.value:.1%} of the spans of {span} {text} stand word for word in the training text."
    return Finding.from_interval(check, interval, case=case, reason=why)


def _excess_finding(case: str, written: InfluenceEstimate | None, held_out: InfluenceEstimate | None) -> Finding:
    check = "evaluate.memorisation_excess"
    if written is None or held_out is None:
        why = "One of the two has no span to compare."
        return Finding(check=check, case=case, against=HELD_OUT, reason=why)

    model_share = written.estimate
    real_share = held_out.estimate
    low, high = differences.mover_limits(
        model_share,
        real_share,
        intervals.score_limits(model_share, _CONFIDENCE),
        intervals.score_limits(real_share, _CONFIDENCE),
        differences.paired_correlation(written, held_out),
    )
    excess = Interval(model_share.value - real_share.value, low, high, model_share.entities)
    why = (
        f"The model copies {model_share.value:.1%} at {case}; of real text {real_share.value:.1%} stands there as well."
    )
    return Finding.from_interval(check, excess, case=case, against=HELD_OUT, reason=why)


def _quote(sample: Sample) -> list[Finding]:
    """Quote what the model wrote after one prompt, so that the card shows it."""
    prompt = _shorten(sample.prompt)
    return [
        Finding(
            check="evaluate.generated",
            case=_case(temperature),
            n=1,
            reason=f"After “{prompt}” the model writes: “{_shorten(text)}”.",
        )
        for temperature, text in sample.written.items()
    ]


def _shorten(text: str) -> str:
    return shorten(text, _QUOTED_CHARACTERS, placeholder=" …")
