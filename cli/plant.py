"""The plant here: ``residency up``, ``down``, ``status``, ``logs``, ``doctor``, ``reset`` and ``mail``."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from residency.errors import InvalidInputError
from residency.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_mail = typer.Typer(invoke_without_command=True, help="Messages that the local mail sink kept.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)
    app.command()(doctor)
    app.command()(reset)
    app.add_typer(_mail, name="mail")


def up(
    once: Annotated[bool, typer.Option("--once", help="Stop everything after the main job.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running in the background.")] = False,
    no_sample: Annotated[
        bool, typer.Option("--no-sample", help="Do not load the sample into an empty database.")
    ] = False,
    no_main_job: Annotated[bool, typer.Option("--no-main-job", hidden=True)] = False,
) -> None:
    """Start everything, run the health check and the contingency analysis, stay up until Ctrl-C."""
    from stack.prefect_server import use_prefect
    from stack.session import run_session

    settings = Settings()
    console = _console()

    def main_job() -> int:
        if no_main_job:
            return 0
        use_prefect(settings)
        from stack.first_run import main_job

        return main_job(settings, typer.echo, load_sample=not no_sample)

    def say(sentence: str) -> None:
        console.print(sentence, soft_wrap=True)

    raise typer.Exit(run_session(settings, say, main_job, once=once, detach=detach))


def down() -> None:
    """Stop what `residency up` started here."""
    from stack.control import end_plant

    typer.echo(end_plant(Settings()))


def status(as_json: AsJson = False) -> None:
    """Show each part of the plant: its state, process, address and how long it has been up."""
    from stack.plant_state import read_state

    settings = Settings()
    console = _console()
    plant = read_state(settings)
    if as_json:
        console.print_json(plant.model_dump_json() if plant else "null")
        return
    if plant is None:
        typer.echo(f"Nothing is running in {settings.home}; start it with `residency up`.")
        return
    typer.echo(f"The plant (pid {plant.pid}) is {plant.state}; Prefect is at {plant.ui_url}")
    table = Table("part", "state", "pid", "address", "up", box=None)
    for part in plant.parts:
        table.add_row(
            part.name,
            part.state,
            str(part.pid or ""),
            part.address,
            _elapsed(part.since) if part.since else "",
        )
    console.print(table)


def logs(
    part: Annotated[
        str | None,
        typer.Argument(help="plant, postgres, s3, mail, prefect, deploy or worker; all if left out."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines of each log.")] = 20,
) -> None:
    """Show the end of the parts' logs."""
    from stack.control import show_logs

    show_logs(Settings(), part, lines, typer.echo, keep_on=follow)


def doctor(as_json: AsJson = False) -> None:
    """Try every part, also external ones, and say what to do about what is wrong; exit code 1 if any is."""
    from stack.doctor import examine

    findings = examine(Settings())
    console = _console()
    if as_json:
        console.print_json(data=[finding.model_dump() for finding in findings])
    else:
        for finding in findings:
            mark = "ok   " if finding.ok else "WRONG"
            took = None if finding.latency_ms is None else f"{finding.latency_ms:.0f} ms"
            asked = ", ".join(word for word in (finding.version, took) if word is not None)
            typer.echo(f"{mark}  {finding.check}: {finding.detail}" + (f" ({asked})" if asked else ""))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without asking.")] = False,
) -> None:
    """Stop the plant and remove everything it keeps on this machine, after showing it and asking."""
    from stack.reset import plan_reset
    from stack.reset import reset as remove

    settings = Settings()
    plan = plan_reset(settings)
    if not plan.removals:
        typer.echo(f"There is nothing to remove in {settings.home}.")
        return
    typer.echo("This is removed for good:")
    for removal in plan.removals:
        typer.echo(f"  {removal.place}  {removal.size / 1e6:.1f} MB, {removal.what}")
    for sentence in plan.kept:
        typer.echo(sentence)
    if not yes and not _confirmed(settings.home.name):
        typer.echo("Nothing was removed.")
        raise typer.Exit(1)
    remove(settings, typer.echo)


def _confirmed(name: str) -> bool:
    if not sys.stdin.isatty():
        raise InvalidInputError("--yes", "", "to be given where nobody can be asked; nothing was removed")
    answer: str = typer.prompt(f"Type {name} to remove all of this", default="", show_default=False)
    return answer.strip() == name


@_mail.callback()
def list_mail(context: typer.Context, as_json: AsJson = False) -> None:
    """List the messages that the local mail sink kept, newest first."""
    if context.invoked_subcommand is not None:
        return
    from stack.mailbox import list_messages

    settings = Settings()
    console = _console()
    messages = list_messages(settings.mail)
    if as_json:
        console.print_json(data=[message.model_dump(mode="json") for message in messages])
        return
    if not messages:
        console.print("No mail was kept yet." if settings.smtp_url is None else "Mail goes to the relay.")
        return
    table = Table("no", "date", "to", "subject", box=None)
    for message in messages:
        table.add_row(str(message.number), message.date, message.to, message.subject)
    console.print(table)


@_mail.command("show")
def show_mail(number: Annotated[int, typer.Argument(help="Number in the list; 1 is the newest.")]) -> None:
    """Print one message."""
    from stack.mailbox import show_message

    typer.echo(show_message(Settings().mail, number))


def _console() -> Console:
    return Console(highlight=False, markup=False)


def _elapsed(since: datetime) -> str:
    """Time since then as 0:03:20 or ``2 days, 0:03:20``."""
    return str(timedelta(seconds=int((datetime.now(UTC) - since).total_seconds())))
