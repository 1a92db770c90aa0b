"""Optuna's own plots of a study, as pages (HTML) and pictures (PNG)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from phoneme_recognition.failures import reason
from phoneme_recognition.files import write_text, written_whole
from phoneme_recognition.search.spaces import short_names

logger = logging.getLogger(__name__)

# One plot each: the name of the file, and the end of Optuna's function's name.
PLOTS = {
    "history": "optimization_history",
    "validations": "intermediate_values",
    "importances": "param_importances",
    "slice": "slice",
    "parallel_coordinates": "parallel_coordinate",
    "contour": "contour",
}
# A contour plot has a panel for each pair.
MOST_IN_CONTOUR = 4
MOST_IN_LEGEND = 20
_PLOTLY = "plotly.min.js"


def draw_plots(study: Study, metric: str, folder: Path) -> list[Path]:
    """Draw all plots that can be made of the study; one that cannot is left out, with a line that says why.

    Args:
        study: a study with finished trials.
        metric: what its values are.
        folder: where the files go; it is made where it is missing.

    Returns:
        The files.
    """
    folder.mkdir(exist_ok=True)
    copied, made, left_out = with_short_names(study), list[Path](), dict[str, str]()
    logging.getLogger("matplotlib.category").setLevel(logging.WARNING)  # remarks on categories
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, function in PLOTS.items():
            for suffix, draw in (("html", _page), ("png", _picture)):
                path = folder / f"{name}.{suffix}"
                try:
                    draw(copied, function, metric, path)
                except Exception as error:  # a plot that fails must not end a search of days
                    left_out[name] = reason(error)
                else:
                    made.append(path)
    for name, why in left_out.items():
        logger.info("plot %s left out: %s", name, why)
    return made


def with_short_names(study: Study) -> Study:
    """A copy of the study in memory, whose parameters have names that fit on an axis."""
    trials = study.get_trials(deepcopy=False)
    names = short_names(sorted({path for trial in trials for path in trial.params}))
    copied = optuna.create_study(direction=study.direction)
    copied.add_trials([_renamed(trial, names) for trial in trials if trial.state.is_finished()])
    return copied


def _renamed(trial: FrozenTrial, names: Mapping[str, str]) -> FrozenTrial:
    return optuna.create_trial(
        state=trial.state,
        value=trial.value if trial.state != TrialState.FAIL else None,
        params={names[path]: value for path, value in trial.params.items()},
        distributions={names[path]: kind for path, kind in trial.distributions.items()},
        intermediate_values=trial.intermediate_values,
    )


def _arguments(study: Study, function: str, metric: str) -> dict[str, Any]:
    """What a plot's function wants to know beside the study.

    Raises:
        ValueError: there is too little to plot.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        raise ValueError("no trial is complete")
    if function == "intermediate_values":
        return {}
    if function == "param_importances" and len({trial.value for trial in complete}) < 2:
        raise ValueError("all complete trials have the same value")
    if function == "contour":
        names = list(_by_importance(study))
        if len(names) < 2:
            raise ValueError("it takes two parameters")
        return {"target_name": metric, "params": names[:MOST_IN_CONTOUR]}
    return {"target_name": metric}


def _by_importance(study: Study) -> list[str]:
    try:
        return list(optuna.importance.get_param_importances(study))
    except (ValueError, RuntimeError):  # too few trials to tell
        return sorted({name for trial in study.get_trials(deepcopy=False) for name in trial.params})


def _page(study: Study, function: str, metric: str, path: Path) -> None:
    import plotly.offline

    plot: Callable[..., Any] = getattr(optuna.visualization, f"plot_{function}")
    figure = plot(study, **_arguments(study, function, metric))
    # The pages share one copy of the library, beside them, and need no network.
    library = path.with_name(_PLOTLY)
    if not library.exists():
        write_text(library, plotly.offline.get_plotlyjs())
    write_text(path, figure.to_html(include_plotlyjs="directory"))


def _picture(study: Study, function: str, metric: str, path: Path) -> None:
    import matplotlib
    from matplotlib import pyplot
    from optuna.visualization import matplotlib as pictures

    plot: Callable[..., Any] = getattr(pictures, f"plot_{function}")
    with matplotlib.rc_context({"backend": "Agg"}):
        pyplot.switch_backend("Agg")
        try:
            plot(study, **_arguments(study, function, metric))
            figure = pyplot.gcf()
            _fit(figure, function, metric)
            with written_whole(path) as partial:
                figure.savefig(partial, dpi=120, bbox_inches="tight")
        finally:
            pyplot.close("all")


def _fit(figure: Any, function: str, metric: str) -> None:
    """Make room for the labels, which Optuna leaves to overlap, and name what it does not know."""
    panels = len(figure.axes) - 1  # the last one is the colour bar
    width, height = 9.0, 5.5
    if function == "contour":
        side = max(1, round(panels**0.5))
        width = height = 4.0 * side
    elif function == "parallel_coordinate":
        width = max(width, 1.7 * panels)
    elif function == "slice":
        width = max(width, 3.5 * panels)
    elif function == "intermediate_values":
        axis = figure.axes[0]
        axis.set(xlabel="validation", ylabel=metric)
        if len(axis.lines) > MOST_IN_LEGEND and axis.get_legend():
            axis.get_legend().remove()
    figure.set_size_inches(width, height)
