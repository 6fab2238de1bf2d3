"""Samples: what the model writes after the beginnings of test documents."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.language import config
from hallmark.systems.language.diagnostics.generation import generate_tokens


@dataclass(frozen=True)
class Sample:
    """What the model wrote after one prompt.

    document: The entity that the prompt is from.
    prompt: The beginning of a test document.
    real: What follows the prompt in the document.
    written: What the model wrote, by temperature.
    """

    document: str
    prompt: str
    real: str
    written: Mapping[float, str]


def write_samples(
    test: Examples,
    model: Predict,
    settings: config.Diagnostics,
    *,
    seed: int,
) -> list[Sample]:
    """Let the model continue the beginnings of test documents, at each temperature.

    A prompt has `settings.prompt` tokens, the first of which separates documents and has no text.
    Raises `InputError` if no test document is long enough for a prompt and its continuation.
    """
    prompt_length = settings.prompt
    temperatures = settings.temperatures
    tokenizer = Tokenizer.from_str(test.encoding["tokenizer"])
    min_tokens = prompt_length + settings.tokens
    prompts = _choose_prompts(test, settings.samples, min_tokens=min_tokens, seed=seed)

    # All temperatures are generated at once: all prompts at the first, then all at the second …
    repeated_prompts = prompts.take(np.tile(np.arange(len(prompts)), len(temperatures)))
    generated = generate_tokens(
        repeated_prompts,
        model,
        prompt_length=prompt_length,
        max_tokens=settings.tokens,
        temperatures=np.repeat(np.asarray(temperatures, float), len(prompts)),
        seed=seed,
    )
    texts = np.array(tokenizer.decode_batch(generated), object).reshape(len(temperatures), len(prompts))

    samples = []
    tokens = np.asarray(prompts.arrays["tokens"])
    for row, document in enumerate(prompts.table["entity"]):
        prompt_tokens = tokens[row, 1:prompt_length]  # without the token that separates documents
        real_tokens = tokens[row, prompt_length : prompt_length + settings.tokens]
        samples.append(
            Sample(
                document=document,
                prompt=tokenizer.decode(prompt_tokens.tolist()),
                real=tokenizer.decode(real_tokens.tolist()),
                written=dict(zip(temperatures, texts[:, row], strict=True)),
            )
        )
    return samples


def _choose_prompts(test: Examples, count: int, *, min_tokens: int, seed: int) -> Examples:
    """Return the first windows of at most `count` test documents, drawn by `seed`.

    Only windows of at least `min_tokens` tokens are drawn from.
    """
    between_documents = len(test.encoding["vocabulary"]) - 1  # the token before a document's first
    is_first = np.asarray(test.arrays["tokens"])[:, 0] == between_documents
    is_long_enough = np.asarray(test.arrays["length"]) >= min_tokens
    rows = np.flatnonzero(is_first & is_long_enough)
    if not len(rows):
        raise InputError(
            f"evaluate.diagnostics.prompt and tokens are {min_tokens} together, "
            "but no test document has so many in a window"
        )
    drawn_rows = np.random.default_rng(seed).permutation(rows)[:count]
    return test.take(np.sort(drawn_rows))
