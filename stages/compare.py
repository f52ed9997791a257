"""Stage `compare`."""

import typer

from mien import paths, tracking
from mien.errors import TableError
from mien.evaluation.leaderboard import leaderboard, leaderboard_table
from mien.files import read_json, replacing_file, write_json
from mien.params import load_params
from mien.stage import command


def main() -> None:
    """Ranks the models of params.yaml by their test figures.

    Reads metrics/evaluate/MODEL.json. Writes metrics/leaderboard.json (an object per model, in the order of params.yaml) and
    metrics/leaderboard.md (best macro-F1 first).
    """
    evaluations = {}
    for model in load_params().models:
        if not paths.evaluation(model).is_file():
            raise TableError(f"{paths.evaluation(model)} is missing; run `dvc repro evaluate@{model}`")
        evaluations[model] = read_json(paths.evaluation(model))
    board = leaderboard(evaluations)
    write_json(paths.LEADERBOARD, board)
    with replacing_file(paths.LEADERBOARD_TABLE) as temporary:
        temporary.write_text(leaderboard_table(evaluations), encoding="utf-8")
    tracking.log_experiment(board)
    best = max(board, key=lambda model: board[model]["macro_f1"])
    typer.echo(f"compare: {len(board)} model{'s'[: len(board) != 1]}, best {best} with macro-F1 {board[best]['macro_f1']:.4f}")


if __name__ == "__main__":
    command(main)()
