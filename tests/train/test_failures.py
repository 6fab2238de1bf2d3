import pytest
import torch

from hallmark.errors import InputError
from hallmark.train import failures


def sentence_of(error: Exception, **sizes: int) -> str:
    with (
        pytest.raises(InputError) as refused,
        failures.in_words(**{"batch_size": 64, "accumulate": 1, "devices": 1} | sizes),
    ):
        raise error
    return str(refused.value)


def test_an_allocation_that_pytorch_is_refused_names_sizes_and_the_same_training_with_half_of_them() -> None:
    with (
        pytest.raises(InputError) as refused,
        failures.in_words(batch_size=64, accumulate=2, devices=1),
    ):
        torch.empty(2**60, dtype=torch.uint8)
    assert str(refused.value) == (
        "the machine has not enough memory for train.batch_size 64 (accumulate_grad_batches 2): "
        "train.batch_size=32 with train.trainer.accumulate_grad_batches=4 takes the same steps with half of it; "
        "MACHINE=fsdp on several devices, or a smaller network, need less as well"
    )


def test_a_gpu_out_of_memory() -> None:
    words = sentence_of(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"), devices=2)
    assert words.startswith(
        "the GPU has not enough memory for train.batch_size 64 on 2 devices (accumulate_grad_batches 1)"
    )
    library = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
    assert sentence_of(library).startswith("the GPU has not enough memory for train.batch_size 64 (")
    assert sentence_of(MemoryError(), batch_size=1).endswith("take a smaller network")


@pytest.mark.parametrize(
    "words",
    [
        "[gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:9954: Connection reset by peer.",
        "NCCL error in: ProcessGroupNCCL.cpp:1970, remote process exited or there was a network error",
    ],
)
def test_a_process_that_is_gone(words: str) -> None:
    assert sentence_of(RuntimeError(words)) == failures.LOST_PROCESS


def test_weights_without_a_gradient() -> None:
    words = "Expected to have finished reduction in the prior iteration before starting a new one."
    assert "MACHINE='ddp strategy=ddp_find_unused_parameters_true'" in sentence_of(RuntimeError(words))


def test_clipping_before_a_fused_optimiser_of_scaled_gradients() -> None:
    words = "The current optimizer, AdamW, does not allow for gradient clipping because it performs unscaling"
    assert "set train.optimizer.fused to false" in sentence_of(RuntimeError(words))


def test_any_other_error_is_a_bug_and_stays_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="^mat1 and mat2"), failures.in_words(batch_size=1, accumulate=1, devices=1):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
