"""Generation of text, token by token, from the same outputs by which the model is evaluated."""

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
    """Return the tokens that the model writes after the prompt of each of n rows.

    A prompt is the first `prompt_length` tokens of a row of the array "tokens". Each next token is
    sampled from the softmax of logits / temperature, with `temperatures` (n,). A row has at most
    `max_tokens` tokens; it has fewer if the model ends the document, with the last token of the
    vocabulary, which is not returned.

    Raises `InputError` if prompt and tokens don't fit into a window.
    """
    rows, context = prompts.arrays["tokens"].shape
    if prompt_length + max_tokens > context:
        raise InputError(
            f"evaluate.diagnostics.prompt and tokens are {prompt_length} and {max_tokens}: "
            f"a window has room for {context} together"
        )

    end_of_document = len(prompts.encoding["vocabulary"]) - 1
    window = np.array(prompts.arrays["tokens"])  # (n, T), a copy
    window[:, prompt_length:] = end_of_document
    generated = np.full((rows, max_tokens), end_of_document, np.int32)
    is_unfinished = np.ones(rows, bool)
    generator = np.random.default_rng(seed)

    for step in range(max_tokens):
        length = np.full(rows, prompt_length + step, np.int32)
        arrays = {**prompts.arrays, "tokens": window, "length": length}
        logits = predict(replace(prompts, arrays=arrays))["logits"].astype(np.float64)

        # The Gumbel-max trick (Gumbel 1954): the argmax of logit + noise is a draw from the
        # softmax.
        noise = generator.gumbel(size=logits.shape)
        next_tokens = (logits / temperatures[:, None] + noise).argmax(axis=1)

        is_unfinished &= next_tokens != end_of_document
        generated[is_unfinished, step] = next_tokens[is_unfinished]
        window[:, prompt_length + step] = generated[:, step]
        if not is_unfinished.any():
            break

    return [row[row != end_of_document].tolist() for row in generated]
