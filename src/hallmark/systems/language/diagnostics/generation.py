"""Text that a model goes on with, token by token, through the same outputs that it is judged by."""

from dataclasses import replace

import numpy as np

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError


def generate(
    prompts: Examples, predict: Predict, *, prompt: int, tokens: int, temperatures: np.ndarray, seed: int
) -> list[list[int]]:
    """Return the tokens that follow the first `prompt` of each row, at most `tokens`, at its temperature (n,).

    The last token of a vocabulary of V ends a document: nothing follows it. Raises `InputError` where prompt and tokens
    have no room in a window.
    """
    rows, context = prompts.arrays["tokens"].shape
    if prompt + tokens > context:
        raise InputError(
            f"evaluate.diagnostics.prompt and tokens are {prompt} and {tokens}: "
            f"a window has room for {context} together"
        )
    window, generator = np.array(prompts.arrays["tokens"]), np.random.default_rng(seed)
    window[:, prompt:] = end = len(prompts.encoding["vocabulary"]) - 1
    going, found = np.ones(rows, bool), np.full((rows, tokens), end, np.int32)
    for step in range(tokens):
        arrays = {**prompts.arrays, "tokens": window, "length": np.full(rows, prompt + step, np.int32)}
        logits = predict(replace(prompts, arrays=arrays))["logits"].astype(np.float64)
        # Gumbel 1954: the largest of logit + noise is a draw from the softmax.
        drawn = (logits / temperatures[:, None] + generator.gumbel(size=logits.shape)).argmax(axis=1)
        going &= drawn != end
        found[going, step] = drawn[going]
        window[:, prompt + step] = found[:, step]
        if not going.any():
            break
    return [row[row != end].tolist() for row in found]
