"""Command line: serve a district, write drops to a folder, or make a source misbehave.

- python -m simulator serve --folder DIR --schools 48 --seed 1
- python -m simulator edfi --folder DIR --schools 4 --night 2019-02-11
- python -m simulator oneroster --night 2018-05-01 2018-06-19 --version 1.2 --out DIR
- python -m simulator drop --night 2019-02-11 2019-02-12 --out DIR
- python -m simulator misbehave --folder DIR --night 2019-02-12 --feed sis.attendance --kind missing
"""

import argparse
import asyncio
import json
import sys
from datetime import date
from pathlib import Path

from simulator import edfi_server, misbehaviour
from simulator.district import District
from simulator.drops import DropError, DropFolder
from simulator.edfi_api import Api
from simulator.edfi_items import store
from simulator.misbehaviour import MisbehaviourError
from simulator.oneroster import OF_VERSION, Producer, write_packages
from simulator.programme import Effects, truth
from simulator.schools import Schools
from simulator.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0, or 1 after saying on stderr what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (DropError, MisbehaviourError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(options: argparse.Namespace) -> None:
    sys.stdout.write(f"The address is in {options.folder / 'address.json'} once the server answers.\n")
    sys.stdout.flush()
    asyncio.run(serve(options.folder, _district(options), options.port))


def _edfi(options: argparse.Namespace) -> None:
    api = Api(store(_district(options), options.night), edfi_server.client_secret(options.folder))
    sys.stdout.write(f"The address is in {options.folder / 'edfi.json'} once the server answers.\n")
    sys.stdout.flush()
    edfi_server.serve(options.folder, api, options.port)


def _drop(options: argparse.Namespace) -> None:
    district = _district(options)
    drops = DropFolder(options.out, district)
    for night in options.night:
        drops.make(night)
    (options.out / "truth.json").write_text(json.dumps(truth(district.schools, district.effects), indent=1))


def _oneroster(options: argparse.Namespace) -> None:
    write_packages(_district(options), sorted(options.night), Producer(options.version), options.out)


def _misbehave(options: argparse.Namespace) -> None:
    misbehaviour.tell(options.folder, options.night, options.feed, options.kind)


def _district(options: argparse.Namespace) -> District:
    effects = Effects(options.attendance_effect, options.map_effect)
    return District(Schools(options.schools, options.seed), effects)


def _district_parser() -> argparse.ArgumentParser:
    usual = Effects()
    district = argparse.ArgumentParser(add_help=False)
    district.add_argument("--schools", type=int, default=48, help="size of the district, 4 to 640 (default 48)")
    district.add_argument("--seed", type=int, default=1)
    for name, default, unit in (
        ("attendance", usual.attendance_points, "points of the attendance rate"),
        ("map", usual.map_rit_points, "RIT points"),
    ):
        text = f"true effect in {unit} for each year since launch (default {default})"
        district.add_argument(f"--{name}-effect", type=float, default=default, help=text)
    return district


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A synthetic district.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    district = _district_parser()

    command = commands.add_parser("serve", parents=[district], help="serve drops by SFTP on 127.0.0.1")
    command.add_argument("--folder", type=Path, required=True, help="keys, address.json, truth.json and drops")
    command.add_argument("--port", type=int, default=0, help="default: a free one")
    command.set_defaults(run=_serve)

    command = commands.add_parser("edfi", parents=[district], help="serve the student information as an Ed-Fi API")
    command.add_argument("--folder", type=Path, required=True, help="gets edfi.json and the client's secret")
    command.add_argument("--night", type=date.fromisoformat, required=True, help="the district as known on this night")
    command.add_argument("--port", type=int, default=0, help="default: a free one")
    command.set_defaults(run=_edfi)

    command = commands.add_parser("drop", parents=[district], help="write drops to a folder")
    command.add_argument("--night", type=date.fromisoformat, nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True, help="gets <source>/<night>/<file>")
    command.set_defaults(run=_drop)

    command = commands.add_parser("oneroster", parents=[district], help="write OneRoster packages to a folder")
    command.add_argument("--night", type=date.fromisoformat, nargs="+", required=True, help="the first one is in bulk")
    command.add_argument("--version", choices=tuple(OF_VERSION), default="1.2")
    command.add_argument("--out", type=Path, required=True, help="gets <night>/oneroster.zip")
    command.set_defaults(run=_oneroster)

    command = commands.add_parser("misbehave", help="spoil a file of one night, or give it back")
    command.add_argument("--folder", type=Path, required=True, help="the folder of serve")
    command.add_argument("--night", type=date.fromisoformat, required=True)
    command.add_argument("--feed", help="such as sis.attendance; with clear: none for all of the night")
    command.add_argument("--kind", choices=(*misbehaviour.KINDS, misbehaviour.CLEAR), required=True)
    command.set_defaults(run=_misbehave)
    return parser


if __name__ == "__main__":
    sys.exit(main())
