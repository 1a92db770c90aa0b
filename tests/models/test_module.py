"""The training step: its loss against a sum over all alignments, its scores, and what it draws and steps."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from tiny_networks import tiny_network
from torch import Tensor, nn
from torch.nn.functional import ctc_loss
from torch.utils.data import DataLoader

from phoneme_recognition.data.collate import UNKNOWN_PHONE, Batch
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.errors import UserError
from phoneme_recognition.metrics.error_rates import EditCounts
from phoneme_recognition.models.module import INNER_SHARE, STEP_LOSS, PhonemeRecogniser
from phoneme_recognition.models.optimizers import Optimization
from phoneme_recognition.models.output import CTCOutput
from phoneme_recognition.phonemes.vocabulary import Vocabulary

LETTERS = Vocabulary.from_phonemes("ab")  # blank 0, unknown 1, a 2, b 3
WORDS = Vocabulary.from_phonemes("ab|")


class Reshaping(nn.Module):
    """Takes the waveform for the logits: each frame is as many samples as the vocabulary has symbols."""

    def __init__(self, vocabulary_size: int = len(LETTERS), dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.dtype = dtype
        self.idle = nn.Parameter(torch.zeros(1))
        self.drawn: list[float] = []
        self.seeds: list[bool] = []

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        self.seeds.append(seeds is not None)
        if self.training:
            self.drawn.append(float(torch.rand(1)))
        logits = waveforms.unflatten(1, (-1, self.vocabulary_size)) + 0 * self.idle
        return CTCOutput(logits.to(self.dtype), lengths // self.vocabulary_size, logits)


def utterances(logits: Sequence[Tensor], labels: Sequence[Sequence[int]], padding: float = 0.0) -> Batch:
    """A batch for ``Reshaping``: (frames, vocabulary) logits and label ids of each utterance."""

    def padded(rows: Sequence[Tensor], value: float) -> Tensor:
        return nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=value)

    return Batch(
        utterance_ids=[f"u{number}" for number in range(len(logits))],
        waveforms=padded([frames.flatten() for frames in logits], padding),
        lengths=torch.tensor([frames.numel() for frames in logits]),
        labels=padded([torch.tensor(label, dtype=torch.int64) for label in labels], 0),
        label_lengths=torch.tensor([len(label) for label in labels]),
        seeds=torch.arange(len(logits)),
        phones=torch.empty(len(logits), 0, dtype=torch.int64),
        phone_lengths=torch.zeros(len(logits), dtype=torch.int64),
    )


def random_logits(*frames: int, size: int = len(LETTERS)) -> list[Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [3 * torch.randn(count, size, generator=generator) for count in frames]


def saying(*ids: int, size: int = len(LETTERS)) -> Tensor:
    """Logits whose best path is these symbols, a frame each."""
    return 10 * torch.eye(size)[list(ids)]


def recogniser(network: nn.Module | None = None, **arguments: Any) -> PhonemeRecogniser:
    vocabulary = arguments.pop("vocabulary", LETTERS)
    return PhonemeRecogniser(network or Reshaping(len(vocabulary)), vocabulary, audio_params={}, **arguments)


def loss_of(batch: Batch, network: nn.Module | None = None) -> float:
    loss = recogniser(network).training_step(batch, 0)
    assert loss.dtype == torch.float32
    return float(loss.detach())


def loader(*batches: Batch) -> DataLoader[Batch]:
    return DataLoader(list(batches), batch_size=None)  # type: ignore[arg-type]


def trainer(epochs: int = 1, **arguments: Any) -> Trainer:
    silent = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    return Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **silent | arguments,
    )


def loss_over_all_paths(logits: Tensor, label: list[int]) -> float:
    """Minus the logarithm of the summed probability of every path that reads as the label."""
    probabilities = logits.double().softmax(dim=-1)
    total = 0.0
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        if [symbol for symbol, _ in itertools.groupby(path) if symbol != LETTERS.blank_id] == label:
            total += math.prod(float(probabilities[at, symbol]) for at, symbol in enumerate(path))
    return -math.log(total)


@pytest.mark.parametrize("label", [[2], [2, 3], [3, 3], [2, 3, 2]])
def test_loss_is_the_sum_over_all_alignments(label: list[int]) -> None:
    (logits,) = random_logits(5)
    expected = loss_over_all_paths(logits, label) / len(label)
    assert loss_of(utterances([logits], [label])) == pytest.approx(expected, rel=1e-5)


def test_loss_of_a_batch_is_torchs_mean_reduction() -> None:
    logits = random_logits(9, 6, 12)
    labels = [[2, 3, 2], [3], [2, 2, 3, 3, 2]]
    batch = utterances(logits, labels)
    theirs = ctc_loss(
        nn.utils.rnn.pad_sequence(logits).log_softmax(dim=-1),
        batch.labels,
        torch.tensor([9, 6, 12]),
        batch.label_lengths,
        blank=0,
        reduction="mean",
    )
    assert loss_of(batch) == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.parametrize("padding", [0.0, 50.0, -50.0])
def test_padding_has_no_part_in_the_loss(padding: float) -> None:
    short, long = random_logits(4, 11)
    labels = [[2], [3, 2, 3]]
    alone = [
        loss_of(utterances([frames], [label])) for frames, label in zip([short, long], labels, strict=True)
    ]
    together = loss_of(utterances([short, long], labels, padding))
    assert together == pytest.approx(sum(alone) / 2, rel=1e-6)


def test_sixteen_bit_logits_are_summed_in_float32() -> None:
    (logits,) = random_logits(60)
    logits = logits.bfloat16().float()  # what both networks can say exactly
    batch = utterances([logits], [[2, 3] * 10])
    assert loss_of(batch, Reshaping(dtype=torch.bfloat16)) == loss_of(batch)


def test_a_label_that_cannot_fit_neither_counts_nor_spoils_the_others() -> None:
    fitting, short = random_logits(6, 2)
    network = Reshaping()
    batch = utterances([fitting, short], [[2, 3], [2, 2, 3]])
    batch.waveforms.requires_grad_()
    loss = recogniser(network).training_step(batch, 0)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(loss_over_all_paths(fitting, [2, 3]) / 2 / 2, rel=1e-5)
    gradient = batch.waveforms.grad
    assert gradient is not None and bool(gradient.isfinite().all())
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


def test_the_utterances_seeds_are_for_training_only() -> None:
    network = Reshaping()
    module = recogniser(network)
    batch = utterances(random_logits(4), [[2]])
    module.training_step(batch, 0)
    module.validation_step(batch, 0)
    module.test_step(batch, 0)
    assert network.seeds == [True, False, False]


def test_each_utterance_counts_once_however_they_are_batched() -> None:
    logits, labels = random_logits(5, 7, 6, 9), [[2], [3, 2], [2, 3], [3]]
    single = [loss_of(utterances([frames], [label])) for frames, label in zip(logits, labels, strict=True)]
    unequal = loader(utterances(logits[:3], labels[:3]), utterances(logits[3:], labels[3:]))
    (measured,) = trainer().validate(recogniser(), unequal, verbose=False)
    # The mean of the two batches' means would give the last utterance the weight of three.
    assert measured["val_loss"] == pytest.approx(sum(single) / 4, rel=1e-5)


def test_counts_and_transcripts_are_those_of_the_whole_split() -> None:
    module = recogniser()
    module.transcripts = []
    first = utterances([saying(2, 0, 3), saying(2, 2, 0, 2)], [[2, 3], [2, 3, 2]])
    second = utterances([saying(0, 0)], [[3, 3]])
    (measured,) = trainer().test(module, loader(first, second), verbose=False)
    # b was said as nothing, then two more were: three deletions in 2 + 3 + 2 phonemes.
    assert module.counts["test_per"] == EditCounts(0, 0, 3, 7)
    assert measured["test_per"] == pytest.approx(3 / 7)
    assert module.transcripts == [
        ("u0", ["a", "b"], ["a", "b"]),
        ("u1", ["a", "b", "a"], ["a", "a"]),
        ("u0", ["b", "b"], []),
    ]


def test_a_second_measurement_starts_from_nothing() -> None:
    module = recogniser()
    for _ in range(2):
        trainer().validate(module, loader(utterances([saying(2)], [[3]])), verbose=False)
        assert module.counts["val_per"] == EditCounts(1, 0, 0, 1)


def test_a_beam_search_is_measured_beside_the_greedy_rate() -> None:
    # Blank twice is the best path, but "a" has more probability over its three paths.
    said = torch.tensor([[0.4, 0.1, 0.35, 0.15]] * 2).log()
    batch = loader(utterances([said], [[2]]))
    decoder = Decoder(Decoding(method="beam", lm_order=0), blank_id=LETTERS.blank_id)
    module = recogniser(decoder=decoder)
    module.transcripts = []
    (measured,) = trainer().validate(module, batch, verbose=False)
    assert (measured["val_per"], measured["val_greedy_per"]) == (0.0, 1.0)
    assert module.counts["val_greedy_per"] == EditCounts(0, 0, 1, 1)
    assert module.transcripts == [("u0", ["a"], ["a"])]
    assert not [name for name in recogniser().rates if "greedy" in name]


def test_words_are_scored_only_where_labels_have_them() -> None:
    boundary = WORDS.word_boundary_id
    a, b = WORDS.encode(["a", "b"])
    assert boundary is not None
    said = saying(a, boundary, b, size=len(WORDS))
    module = recogniser(vocabulary=WORDS)
    (measured,) = trainer().validate(module, loader(utterances([said], [[a, boundary, a]])), verbose=False)
    assert (measured["val_wer"], measured["val_per"]) == (0.5, 0.5)
    assert module.counts["val_per"].reference_length == 2  # the boundary is no phoneme
    assert not [name for name in recogniser().rates if name.endswith("wer")]


def draws(seed: int, torch_seed: int) -> list[float]:
    network = Reshaping()
    torch.manual_seed(torch_seed)
    batch = utterances(random_logits(4), [[2]])
    trainer(2).fit(recogniser(network, seed=seed), loader(batch, batch))
    return network.drawn


def test_what_a_step_draws_depends_on_seed_epoch_and_batch_alone() -> None:
    first = draws(seed=1, torch_seed=0)
    assert len(set(first)) == 4
    assert draws(seed=1, torch_seed=7) == first
    assert not set(draws(seed=2, torch_seed=0)) & set(first)


def plateau(metric: str) -> PhonemeRecogniser:
    plan = Optimization(
        optimizer="SGD",
        lr=1.0,
        scheduler="ReduceLROnPlateau",
        metric_scheduler=metric,
        metric_patience=0,
        gamma=0.5,
    )
    return recogniser(optimization=plan)


def fitted_rate(module: PhonemeRecogniser, epochs: int, **arguments: Any) -> float:
    """The learning rate after training on a loss that cannot improve."""
    engine = trainer(epochs, **arguments)
    batch = utterances(random_logits(4), [[2]])
    engine.fit(module, loader(batch), loader(batch))
    return float(engine.optimizers[0].param_groups[0]["lr"])


@pytest.mark.parametrize("metric", ["val_loss", "train_loss", "val_per"])
def test_a_plateau_halves_the_rate_once_an_epoch(metric: str) -> None:
    # The first epoch is the best so far; each of the next two is one without improvement.
    assert fitted_rate(plateau(metric), epochs=3) == 0.25


@pytest.mark.parametrize(
    ("interval", "rate"),
    [
        ({"check_val_every_n_epoch": 2}, 0.5),
        ({"check_val_every_n_epoch": 4}, 1.0),
        ({"check_val_every_n_epoch": None, "val_check_interval": 3}, 0.5),
    ],
)
def test_a_plateau_waits_for_validation(interval: dict[str, Any], rate: float) -> None:
    assert fitted_rate(plateau("val_loss"), epochs=4, **interval) == rate


def test_a_plateau_knows_what_was_measured_before_the_checkpoint(tmp_path: Path) -> None:
    """The checkpoint stands between validation and the epoch's end, where the schedule is stepped."""
    batch = utterances(random_logits(4), [[2]])
    rates = []
    for checkpoint in (None, tmp_path / "epoch=1.ckpt"):
        module = plateau("val_loss")
        setattr(module.network, "built_from", {})  # noqa: B010 (what describes a network of ours)
        saving = ModelCheckpoint(tmp_path, "{epoch}", save_top_k=-1, save_on_train_epoch_end=False)
        engine = trainer(3, callbacks=[saving], enable_checkpointing=True)
        engine.fit(module, loader(batch), loader(batch), ckpt_path=checkpoint, weights_only=True)
        rates.append(engine.optimizers[0].param_groups[0]["lr"])
    assert rates == [0.25, 0.25]


@pytest.mark.parametrize(("metric", "arguments"), [("val_wer", {}), ("val_loss", {"limit_val_batches": 0})])
def test_a_plateau_of_what_nobody_measures_is_explained(metric: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"nothing logs '{metric}'.*train_loss"):
        fitted_rate(plateau(metric), epochs=2, **arguments)


class WithInnerHead(Reshaping):
    """Has an inner head that gives half the logits."""

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        output = super().forward(waveforms, lengths, seeds)
        return output._replace(inner_logits=output.logits / 2)


def test_an_inner_head_takes_its_share_of_the_loss() -> None:
    logits, labels = random_logits(6, 4), [[2, 3], [3]]
    whole = loss_of(utterances(logits, labels))
    half = loss_of(utterances([frames / 2 for frames in logits], labels))
    with_inner = loss_of(utterances(logits, labels), WithInnerHead())
    assert with_inner == pytest.approx((1 - INNER_SHARE) * whole + INNER_SHARE * half, rel=1e-6)


class WithHead(Reshaping):
    """As if its logits came from a head on the frames themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(len(LETTERS), len(LETTERS))


def test_each_frame_learns_its_phone_where_times_are_known() -> None:
    logits = random_logits(4, 2)
    batch = utterances(logits, [[2, 3], [3]])
    # Eight points over four frames: a frame takes the point in its middle. Nobody knows the other's times.
    grid = torch.tensor([[2, 2, 0, 3, 3, 3, 3, 3], [UNKNOWN_PHONE] * 8])
    timed = batch._replace(phones=grid, phone_lengths=torch.tensor([8, 0]))
    torch.manual_seed(1)
    module = recogniser(WithHead(), frame_weight=0.25)
    frames = module.frame_head(logits[0]).log_softmax(-1)
    expected = -(frames[0, 2] + frames[1, 3] + frames[2, 3] + frames[3, 3]) / 4
    alone = float(module.training_step(batch, 0).detach())
    assert alone == pytest.approx(loss_of(batch, WithHead()))
    loss = float(module.training_step(timed, 0).detach())
    assert loss == pytest.approx(alone + 0.25 * float(expected.detach()), rel=1e-6)
    validated = PhonemeRecogniser(module.network, LETTERS, audio_params={})
    assert not hasattr(validated, "frame_head")


def test_the_frame_head_learns_with_the_rest() -> None:
    batch = utterances(random_logits(4, 2), [[2, 3], [3]])
    timed = batch._replace(phones=torch.tensor([[2, 3], [3, 3]]), phone_lengths=torch.tensor([2, 2]))
    module = recogniser(WithHead(), frame_weight=0.5, optimization=Optimization(lr=0.1))
    before = module.frame_head.weight.detach().clone()
    trainer(1).fit(module, loader(timed))
    assert not torch.equal(module.frame_head.weight, before)


@pytest.mark.parametrize(
    ("precision", "fused"), [("32-true", True), ("bf16-mixed", True), ("16-mixed", False)]
)
def test_steps_are_fused_but_for_scaled_gradients(precision: Any, fused: bool) -> None:
    module = recogniser()
    engine = trainer(1)
    engine.strategy.precision_plugin.precision = precision
    module.trainer = engine
    batch = loader(utterances(random_logits(4), [[2]]))
    engine.fit_loop._data_source.instance = batch
    assert bool(module.configure_optimizers().defaults["fused"]) is fused


def rows_of(folder: Path, module: PhonemeRecogniser, batches: int, **arguments: Any) -> list[dict[str, str]]:
    """What a CSV logger writes in two epochs of training."""
    batch = utterances(random_logits(4), [[2]])
    log = CSVLogger(folder, name="", version="")
    trainer(2, logger=log, **arguments).fit(module, loader(*[batch] * batches))
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Falling(Reshaping):
    """Says the same less and less surely, so that every step has a loss of its own."""

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        return super().forward(waveforms / (1 + len(self.seeds)), lengths, seeds)


def test_the_loss_of_a_step_is_logged_at_that_step(tmp_path: Path) -> None:
    often = rows_of(tmp_path / "often", recogniser(Falling()), 7, log_every_n_steps=1)
    seldom = rows_of(tmp_path / "seldom", recogniser(Falling()), 7, log_every_n_steps=3)
    losses = {row["step"]: row[STEP_LOSS] for row in often if row[STEP_LOSS]}
    assert len(set(losses.values())) == 14
    found = {row["step"]: row[STEP_LOSS] for row in seldom if row[STEP_LOSS]}
    assert found == {step: losses[step] for step in ("2", "5", "8", "11")}


def test_what_watches_the_loss_of_a_step_gets_it_at_every_step(tmp_path: Path) -> None:
    setattr(Falling, "built_from", {})  # noqa: B010 (what describes a network of ours)
    saving = ModelCheckpoint(tmp_path, "{step}", monitor=STEP_LOSS, every_n_train_steps=1, save_top_k=-1)
    rows = rows_of(tmp_path, recogniser(Falling()), 3, callbacks=[saving], enable_checkpointing=True)
    assert not [row for row in rows if row.get(STEP_LOSS)]  # no logger asks within so few steps
    assert len({float(score) for score in saving.best_k_models.values()}) == 6


def test_rates_of_training_are_those_of_every_fourth_batch() -> None:
    right, wrong = utterances([saying(2)], [[2]]), utterances([saying(2)], [[3]])
    module = recogniser()
    engine = trainer(2)
    engine.fit(module, loader(wrong, right, right, right, right, wrong))
    assert float(engine.callback_metrics["train_per"]) == 0.5
    # Each epoch began with nothing, and Lightning has cleared the last one.
    assert dict(module._rates_of("train"))["train_per"].counts() == EditCounts(0, 0, 0, 0)


def test_lengths_stay_when_a_batch_goes_to_a_device() -> None:
    batch = utterances(random_logits(4, 3), [[2], [3]])
    module = recogniser()
    assert module.transfer_batch_to_device(batch, torch.device("cpu"), 0) is batch
    moved = module.transfer_batch_to_device(batch, torch.device("meta"), 0)
    elsewhere = {name for name, value in moved._asdict().items() if getattr(value, "is_meta", False)}
    assert elsewhere == {"waveforms", "labels", "seeds", "phones", "phone_lengths"}
    assert moved.lengths is batch.lengths
    assert moved.utterance_ids == batch.utterance_ids


@pytest.mark.parametrize("variant", ["Wav2Vec2", "Wav2Vec2 adapter", "SEW", "Whisper"])
def test_frames_for_the_loss_are_those_of_the_network(variant: str) -> None:
    network = tiny_network(variant)
    module = recogniser(network)
    lengths = torch.tensor([9000, 4000])
    batch = utterances(random_logits(2, 2), [[2], [3]])._replace(lengths=lengths)
    output = network.eval()(torch.zeros(2, 9000), lengths.clone())
    assert torch.equal(module._frames(output, batch, lengths.clone()), output.lengths)
