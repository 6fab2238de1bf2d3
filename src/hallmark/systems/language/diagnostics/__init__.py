"""What only a language model can be asked: what it writes, and how much of that it has by heart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten

import numpy as np
from matplotlib.figure import Figure
from tokenizers import Tokenizer

from hallmark.answers.next_token.scoring import counts
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.predictions import MODEL
from hallmark.errors import InputError
from hallmark.figures import PALETTE, ReportFigure
from hallmark.metrics.statistics import Interval, differences, intervals, means
from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.systems.language import config
from hallmark.systems.language.diagnostics.generation import generate
from hallmark.systems.language.diagnostics.memorisation import copied
from hallmark.systems.language.typesetting import typeset
from hallmark.systems.system import Diagnosis, DiagnosticData

_SHOWN = 3  # prompts in the figure
_QUOTED = 240  # characters of a text in a sentence
_CONFIDENCE = 0.95
HELD_OUT = "held-out text"  # what really follows the prompts


@dataclass(frozen=True)
class Sample:
    """A prompt of a test document, what really follows it there, and what the model wrote, by temperature."""

    document: str
    prompt: str
    real: str
    written: Mapping[float, str]


def diagnose(shown: DiagnosticData, settings: config.Diagnostics) -> Diagnosis:
    """Let the model go on from the beginnings of test documents, at each temperature, and look for what it wrote in the
    training text.

    Findings: `evaluate.memorisation`, the share of the spans of `span` characters found word for word, for each
    temperature and for what really follows the prompts; `evaluate.memorisation_excess`, by how much the model's share
    is larger; and `evaluate.generated`, which quotes what it wrote. Raises `InputError` where no test document is long
    enough for a prompt and its continuation.
    """
    prompt = settings.prompt
    tokens = settings.tokens
    temperatures = settings.temperatures
    tokenizer = Tokenizer.from_str(shown.examples["test"].encoding["tokenizer"])
    prompts = _prompts(shown.examples["test"], settings.samples, least=prompt + tokens, seed=shown.seed)
    every = prompts.take(np.tile(np.arange(len(prompts)), len(temperatures)))
    written = generate(
        every,
        shown.scorers[MODEL],
        prompt=prompt,
        tokens=tokens,
        temperatures=np.repeat(np.asarray(temperatures, float), len(prompts)),
        seed=shown.seed,
    )
    texts = np.array(tokenizer.decode_batch(written), object).reshape(len(temperatures), len(prompts))
    shared = np.asarray(prompts.arrays["tokens"])
    made = [
        Sample(
            document,
            tokenizer.decode(shared[row, 1:prompt].tolist()),
            tokenizer.decode(shared[row, prompt : prompt + tokens].tolist()),
            dict(zip(temperatures, texts[:, row], strict=True)),
        )
        for row, document in enumerate(prompts.table["entity"])
    ]
    found = findings(made, _documents(shown.examples["train"], tokenizer), span=settings.span)
    drawn = ReportFigure(
        name="generated_examples",
        question=3,
        title="generated examples",
        drawing=figure(made[:_SHOWN], temperatures),
        shows_examples=True,
    )
    return Diagnosis([*found, *_quotes(made[0])], [drawn])


def _prompts(test: Examples, samples: int, *, least: int, seed: int) -> Examples:
    """Return the first windows of up to `samples` test documents, drawn by `seed`, that have `least` tokens."""
    first = (np.asarray(test.arrays["target.start"]) == 1) & (np.asarray(test.arrays["length"]) >= least)
    rows = np.flatnonzero(first)
    if not len(rows):
        raise InputError(
            f"evaluate.diagnostics.prompt and tokens are {least} together, but no test document has so many in a window"
        )
    return test.take(np.sort(np.random.default_rng(seed).permutation(rows)[:samples]))


def _documents(train: Examples, tokenizer: Tokenizer) -> list[str]:
    """Return the texts of the training documents that are at hand, put together of what counts in each window."""
    names = train.table["id"].str.rpartition(":")[0].to_numpy()
    counted, tokens = counts(train), np.asarray(train.arrays["tokens"])
    streams: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        streams.setdefault(name, []).extend(tokens[row, counted[row]].tolist())
    return tokenizer.decode_batch(list(streams.values()))


def findings(samples: Sequence[Sample], training: Sequence[str], *, span: int) -> list[Finding]:
    """Return the shares of spans that stand in the training texts, each with its interval by sample."""
    names = [f"temperature {temperature:g}" for temperature in samples[0].written]
    texts = {name: [list(s.written.values())[at] for s in samples] for at, name in enumerate(names)}
    texts[HELD_OUT] = [sample.real for sample in samples]
    hits, sizes = copied([text for some in texts.values() for text in some], training, span=span)
    shape = len(texts), len(samples)
    shares = dict(zip(texts, map(_share, hits.reshape(shape), sizes.reshape(shape)), strict=True))
    real = shares[HELD_OUT]
    found = [_finding(name, share, f"{span} characters") for name, share in shares.items()]
    return found + [_excess(name, shares[name], real) for name in names]


def _share(hits: np.ndarray, sizes: np.ndarray) -> InfluenceEstimate | None:
    share = np.divide(hits, sizes, out=np.zeros(len(hits)), where=sizes > 0)
    return means.weighted_mean(share, sizes.astype(float), np.arange(len(hits)), size=len(hits))


def _finding(name: str, measured: InfluenceEstimate | None, span: str) -> Finding:
    if measured is None:
        why = f"No text of {name} is as long as {span}, so nothing can be compared with the training text."
        return Finding(check="evaluate.memorisation", case=name, why=why)

    share = measured.estimate
    low, high = intervals.score_limits(share, _CONFIDENCE)
    what = "of what really follows the prompts" if name == HELD_OUT else f"of what the model writes at {name}"
    why = f"{share.value:.1%} of the spans of {span} {what} stand word for word in the training text."
    interval = Interval(share.value, low, high, share.entities)
    return Finding.from_interval("evaluate.memorisation", interval, case=name, why=why)


def _excess(name: str, written: InfluenceEstimate | None, held_out: InfluenceEstimate | None) -> Finding:
    check = "evaluate.memorisation_excess"
    if written is None or held_out is None:
        why = "One of the two has no span to compare."
        return Finding(check=check, case=name, against=HELD_OUT, why=why)

    share = written.estimate
    real = held_out.estimate
    low, high = differences.mover_limits(
        share,
        real,
        intervals.score_limits(share, _CONFIDENCE),
        intervals.score_limits(real, _CONFIDENCE),
        differences.paired_correlation(written, held_out),
    )
    excess = Interval(share.value - real.value, low, high, share.entities)
    why = f"The model copies {share.value:.1%} at {name}; of real text {real.value:.1%} stands there as well."
    return Finding.from_interval(check, excess, case=name, against=HELD_OUT, why=why)


def _quotes(sample: Sample) -> list[Finding]:
    """Quote what the model wrote after one prompt, so that the card shows it."""
    after = shorten(sample.prompt, _QUOTED, placeholder=" …")
    quoted = {f"temperature {t:g}": shorten(text, _QUOTED, placeholder=" …") for t, text in sample.written.items()}
    return [
        Finding(check="evaluate.generated", case=name, n=1, why=f"After “{after}” the model writes: “{text}”.")
        for name, text in quoted.items()
    ]


def figure(samples: Sequence[Sample], temperatures: Sequence[float]) -> Figure:
    """Draw each prompt with what really follows and what the model wrote: a row a prompt, a column a temperature."""
    drawn = Figure(figsize=(4.2 * (len(temperatures) + 1), 3.1 * len(samples)))
    drawn.suptitle("What the model writes (black) after the beginnings of test documents (blue)")
    grid = drawn.subplots(len(samples), len(temperatures) + 1, squeeze=False)
    drawn.subplots_adjust(0.01, 0.01, 0.99, 0.9, wspace=0.06, hspace=0.18)
    for row, sample in zip(grid, samples, strict=True):
        columns = {"the real text": sample.real, **{f"temperature {t:g}": text for t, text in sample.written.items()}}
        for axes, (name, text) in zip(row, columns.items(), strict=True):
            typeset(axes, [(sample.prompt, PALETTE[0], None), (text, "black", None)], size=7.2)
            axes.set_title(f"{sample.document[:44]}, {name}", fontsize=8, loc="left", parse_math=False)
    return drawn
