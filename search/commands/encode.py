"""`backfile encode`: makes the vectors for search by meaning; `backfile index` does the same in the end."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict

import click

from search.commands.context import index_option, interruptible, json_option, loaded_settings
from search.commands.progress import progress_bar
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ConfigError, LedgerError
from search.ledger import ledger_of
from search.meaning import open_encoder
from search.meaning.encoder import Encoder
from search.meaning.encoding import Encoded, encode_missing
from search.processes import core_count
from search.settings import Settings


@click.command()
@index_option
@click.option("--meaning-model", metavar="FOLDER", help="Folder of the model, as in the setting.")
@click.option("--workers", metavar="N", type=click.IntRange(0, 64), help="Threads to use; 0: one per core.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@json_option
@click.pass_context
def encode(
    ctx: click.Context, index: str | None, meaning_model: str | None, workers: int | None, quiet: bool, as_json: bool
) -> None:
    """Make the vectors of all articles that have none, for search by meaning.

    Searching and indexing continue meanwhile. Ctrl-C keeps what was made; the next run continues from there.
    The vectors of another model are replaced. The setting meaning_model names the model.

    \b
    Examples:
      backfile encode
      backfile encode --meaning-model models/all-MiniLM-L6-v2 --workers 2
    """
    settings = loaded_settings(ctx, index=index, meaning_model=meaning_model, index_workers=workers).settings
    encoder = open_encoder(settings.meaning_model)
    if encoder is None:
        raise ConfigError("meaning_model is not set; name the folder of a model with it, or with --meaning-model")
    encoded = encode_shown(open_engine(settings.index), encoder, settings, quiet=quiet or as_json, said=not as_json)
    if as_json:
        click.echo(json.dumps(asdict(encoded)))


def encode_shown(engine: Engine, encoder: Encoder, settings: Settings, *, quiet: bool, said: bool = True) -> Encoded:
    """Encodes what has no vectors, with a progress bar unless `quiet`, and prints what that came to if `said`.

    Raises EngineError.
    """
    threads = settings.index_workers or core_count()
    ledger = ledger_of(engine, settings)

    def committed(before: str, after: str) -> None:
        with suppress(LedgerError):  # then the next import reads all files again
            ledger.note_step(before, after)

    with interruptible(), progress_bar("encoding", quiet=quiet) as progress:
        encoded = encode_missing(engine, encoder, threads=threads, progress=progress, committed=committed)
    if said:
        pace = f" ({encoded.encoded / encoded.seconds:,.0f} a second)" if encoded.encoded else ""
        click.echo(f"encoded {encoded.encoded:,} of {encoded.articles:,} articles in {encoded.seconds:.1f} s{pace}")
    return encoded
