"""Generated text: what a model goes on with, token by token, through the same outputs that it is judged by."""

from dataclasses import replace

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError


def generate_tokens(
    prompts: Examples,
    predict: Predict,
    *,
    prompt_length: int,
    max_tokens: int,
    temperatures: np.ndarray,
    seed: int,
) -> list[list[int]]:
    """Return the tokens that follow the first `prompt_length` of each row, at most `max_tokens`, sampled at its
    temperature (n,).

    The last token of a vocabulary of V ends a document: nothing follows it. Raises `InputError` where prompt and tokens
    have no room in a window.
    """
    rows, context = prompts.arrays["tokens"].shape
    if prompt_length + max_tokens > context:
        raise InputError(
            f"evaluate.diagnostics.prompt and tokens are {prompt_length} and {max_tokens}: "
            f"a window has room for {context} together"
        )

    end_of_document = len(prompts.encoding["vocabulary"]) - 1
    window = np.array(prompts.arrays["tokens"])
    window[:, prompt_length:] = end_of_document
    generated = np.full((rows, max_tokens), end_of_document, np.int32)
    is_going_on = np.ones(rows, bool)
    generator = np.random.default_rng(seed)

    for step in range(max_tokens):
        length = np.full(rows, prompt_length + step, np.int32)
        arrays = {**prompts.arrays, "tokens": window, "length": length}
        logits = predict(replace(prompts, arrays=arrays))["logits"].astype(np.float64)

        # Gumbel 1954: the largest of logit + noise is a draw from the softmax.
        noise = generator.gumbel(size=logits.shape)
        drawn = (logits / temperatures[:, None] + noise).argmax(axis=1)
        is_going_on &= drawn != end_of_document
        generated[is_going_on, step] = drawn[is_going_on]
        window[:, prompt_length + step] = generated[:, step]
        if not is_going_on.any():
            break

    return [row[row != end_of_document].tolist() for row in generated]
