"""A forward pass and a training step of the wav2vec2 network, against those of transformers' own model.

usage: python -m benchmarks.steps.encoder [--size small|base] [--batch N ...] [--seconds S] [--rounds R]
                                         [--dropout] [--json FILE]

Both models have the same weights, get the same waveforms and run in turns (theirs, ours, theirs, ...), so
that whatever else the machine does meets both. Figures are medians. "CPU" is the processor time of all
threads, which says more than the clock where the machine is busy. The floor is the time that the model's
matrix products alone take at the speed of one large product, measured in the same turns. How far the logits
are apart is shown. A table goes to standard error, one JSON object to standard output (and to FILE).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from phoneme_recognition.models.networks import build_network

SAMPLING_RATE, VOCABULARY, LABELS = 16_000, 52, 40
SMALL: dict[str, Any] = {
    "conv_dim": [256] * 7,
    "hidden_size": 256,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
}
NO_DROPOUT = dict.fromkeys(
    ("attention_dropout", "activation_dropout", "hidden_dropout", "feat_proj_dropout", "final_dropout"), 0.0
)
Logits = Callable[[Tensor], Tensor]
Work = dict[str, Callable[[], Any]]


def main() -> None:
    """Measure every batch size, and say it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("small", "base"), default="small")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dropout", action="store_true", help="as the library's defaults have it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    fields: dict[str, Any] = {"layerdrop": 0.0, "apply_spec_augment": False}
    fields |= SMALL if options.size == "small" else {}
    fields |= {} if options.dropout else NO_DROPOUT
    theirs, ours = both(fields)
    samples = int(options.seconds * SAMPLING_RATE)
    rows = [row for batch in options.batch for row in measure(theirs, ours, batch, samples, options.rounds)]
    settings = {name: str(value) for name, value in vars(options).items() if name != "json"}
    result = {"threads": torch.get_num_threads(), "torch": torch.__version__, **settings, "rows": rows}
    show(rows)
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def both(fields: dict[str, Any]) -> tuple[Any, Any]:
    """Their model and ours with the same weights."""
    torch.manual_seed(0)
    theirs: Any = Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=VOCABULARY, **fields))
    ours: Any = build_network(
        network_name="Wav2Vec2",
        pretrained_name=None,
        network_config=fields,
        vocabulary_size=VOCABULARY,
        blank_id=0,
        sampling_rate=SAMPLING_RATE,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    )
    ours.encoder.model.load_state_dict(theirs.wav2vec2.state_dict(), strict=False)
    ours.head.load_state_dict(theirs.lm_head.state_dict())
    return theirs, ours


def measure(theirs: Any, ours: Any, batch: int, samples: int, rounds: int) -> list[dict[str, Any]]:
    """One row for the forward pass and one for the step."""
    waveforms = torch.randn(batch, samples)
    lengths = torch.full((batch,), samples)
    models: dict[str, tuple[nn.Module, Logits]] = {
        "theirs": (theirs, lambda sound: theirs(sound).logits),
        "ours": (ours, lambda sound: ours(sound, lengths).logits),
    }
    outputs = {name: forward(*model, waveforms) for name, model in models.items()}
    apart = float((outputs["ours"] - outputs["theirs"]).abs().max())
    flops = batch * matrix_flops(theirs.config, samples)
    passes: Work = {name: partial(forward, *model, waveforms) for name, model in models.items()}
    steps: Work = {name: stepper(*model, waveforms) for name, model in models.items()}
    return [
        row("forward", batch, take_turns(passes, rounds), flops) | {"logits_apart": apart},
        # Backward, each product is one for the input and one for the weights.
        row("step", batch, take_turns(steps, max(3, rounds // 2)), 3 * flops) | {"logits_apart": apart},
    ]


def forward(model: nn.Module, logits: Logits, waveforms: Tensor) -> Tensor:
    """One pass without gradients."""
    model.eval()
    with torch.no_grad():
        return logits(waveforms)


def stepper(model: nn.Module, logits: Logits, waveforms: Tensor) -> Callable[[], None]:
    """One step of training: CTC loss, backward, AdamW; its rate is so small that the weights stay."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-12, weight_decay=0.0)
    labels = torch.randint(1, VOCABULARY, (len(waveforms), LABELS))
    counts = torch.full((len(waveforms),), LABELS)

    def step() -> None:
        model.train()
        scores = logits(waveforms).log_softmax(-1).transpose(0, 1)
        frames = torch.full_like(counts, scores.shape[0])
        loss = ctc_loss(scores, labels, frames, counts, zero_infinity=True)
        torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad()

    return step


def take_turns(work: Work, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds by the clock and by the processor, and those of a large product (for each 10⁹ FLOP)."""
    left, right = torch.randn(4096, 768), torch.randn(768, 768)
    product = 2e-9 * 4096 * 768 * 768
    work = {**work, "product": lambda: left @ right}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, task in work.items():
            begun, used = time.perf_counter(), time.process_time()
            task()
            if turn:  # the first warms up
                times[name].append((time.perf_counter() - begun, time.process_time() - used))
    medians = {
        name: {
            "clock": statistics.median(clock for clock, _ in taken),
            "cpu": statistics.median(used for _, used in taken),
        }
        for name, taken in times.items()
    }
    medians["product"] = {name: value / product for name, value in medians["product"].items()}
    return medians


def row(what: str, batch: int, seconds: dict[str, dict[str, float]], flops: float) -> dict[str, Any]:
    """How many times as fast we are, and how many times as long as the floor each side takes."""
    floor = {name: value * flops / 1e9 for name, value in seconds["product"].items()}
    return {
        "what": what,
        "batch": batch,
        "ratio": {name: seconds["theirs"][name] / seconds["ours"][name] for name in floor},
        "of_floor": {
            side: {name: seconds[side][name] / floor[name] for name in floor} for side in ("theirs", "ours")
        },
        "seconds": {side: seconds[side] for side in ("theirs", "ours")},
        "gflop": flops / 1e9,
    }


def matrix_flops(config: Any, samples: int) -> float:
    """FLOP of the matrix products in a forward pass over one utterance."""
    total, frames = 0.0, samples
    for (before, channels), kernel, stride in zip(
        pairwise([1, *config.conv_dim]), config.conv_kernel, config.conv_stride, strict=True
    ):
        frames = (frames - kernel) // stride + 1
        total += 2.0 * frames * before * kernel * channels
    width, inner = config.hidden_size, config.intermediate_size
    groups = config.num_conv_pos_embedding_groups
    total += 2.0 * frames * width * (config.conv_dim[-1] + config.vocab_size)
    total += 2.0 * frames * width * width / groups * config.num_conv_pos_embeddings
    layer = 4 * width * width + 2 * width * inner + 2 * frames * width
    return float(total + config.num_hidden_layers * 2.0 * frames * layer)


def show(rows: list[dict[str, Any]]) -> None:
    """The table."""
    print("what      batch  ratio (clock)  ratio (CPU)  theirs / floor  ours / floor", file=sys.stderr)
    for line in rows:
        ratio, floors = line["ratio"], line["of_floor"]
        print(
            f"{line['what']:8s}  {line['batch']:5d}  {ratio['clock']:13.2f}  {ratio['cpu']:11.2f}"
            f"  {floors['theirs']['cpu']:14.2f}  {floors['ours']['cpu']:12.2f}",
            file=sys.stderr,
        )
    print(f"logits apart by at most {max(line['logits_apart'] for line in rows):.1e}", file=sys.stderr)


if __name__ == "__main__":
    main()
