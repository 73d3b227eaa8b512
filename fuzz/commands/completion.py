"""Print a script by which a shell completes commands, flags and the names that flags take."""

from __future__ import annotations

import argparse
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuzz.suggestions import Parser, parsers

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\
examples:
  asfuzz completion bash > ~/.local/share/bash-completion/completions/asfuzz
  asfuzz completion zsh > ~/.zfunc/_asfuzz           with fpath+=~/.zfunc before compinit
  asfuzz completion fish > ~/.config/fish/completions/asfuzz.fish
"""
BASH = """\
# Completion of asfuzz for bash; written by: asfuzz completion bash
_asfuzz() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command=${{COMP_WORDS[1]}} words=
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "{commands}" -- "$word"))
        return
    fi
    case $previous in
{values}
    esac
    if [ -z "$words" ]; then
        case $command in
{flags}
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _asfuzz asfuzz
"""
ZSH = """\
#compdef asfuzz
# Completion of asfuzz for zsh; written by: asfuzz completion zsh
_asfuzz() {{
    local -a words_here
    if (( CURRENT == 2 )); then
        words_here=({commands})
        _describe command words_here
        return
    fi
    case $words[CURRENT-1] in
{values}
    esac
    if (( ! $#words_here )); then
        case $words[2] in
{flags}
        esac
    fi
    compadd -a words_here
    _files
}}
compdef _asfuzz asfuzz
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the argument: the shell that the script is for."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that will read the script")
    parser.epilog = EPILOG


def main(arguments: Namespace) -> int:
    """Print the script; the parser of all commands comes with the arguments."""
    whole: Parser = arguments.parser
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell](whole), end="")
    return 0


def _values(whole: Parser) -> dict[str, list[str]]:
    """Map each flag to the words that may follow it."""
    from fuzz.registry import registry

    subjects = registry().subjects
    animals = [name for subject in subjects.values() for name in subject.serving.animals()]
    known: Mapping[str, Sequence[str]] = {
        "--only": [one.name for subject in subjects.values() for one in subject.properties],
        "--animal": animals,
        "--animals": animals,
        "--profile": sorted(name for subject in subjects.values() for name in subject.serving.shipped()),
        "--subject": sorted(subjects),
        "--store": ["memory", "moto"],
    }
    chosen = {
        flag: [str(one) for one in action.choices if one]
        for parser in parsers(whole)
        for action in _flag_actions(parser)
        if action.choices
        for flag in action.option_strings
    }
    there = {flag for parser in parsers(whole) for flag in parser.flags()}
    return chosen | {flag: list(words) for flag, words in known.items() if flag in there}


def _flag_actions(parser: Parser) -> Iterator[argparse.Action]:
    return (one for one in parser._actions if one.option_strings and one.help != argparse.SUPPRESS)


def _words(parser: Parser) -> list[str]:
    """List the words that may stand after a command.

    The commands below it, its flags, and those of the commands below.
    """
    below = [name for one in parsers(parser) for name in one.children()]
    flags = [flag for one in parsers(parser) for flag in one.flags()]
    chosen = [str(word) for one in parser._actions if not one.option_strings for word in _choices(one)]
    return list(dict.fromkeys([*below, *chosen, *flags]))


def _choices(action: argparse.Action) -> list[Any]:
    return list(action.choices or []) if not isinstance(action, argparse._SubParsersAction) else []


def _bash(whole: Parser) -> str:
    commands = whole.children()
    return BASH.format(
        commands=" ".join(commands),
        values="\n".join(f'        {flag}) words="{" ".join(words)}" ;;' for flag, words in _values(whole).items()),
        flags="\n".join(f'            {name}) words="{" ".join(_words(one))}" ;;' for name, one in commands.items()),
    )


def _zsh(whole: Parser) -> str:
    titles = _titles(whole)
    return ZSH.format(
        commands=" ".join(shlex.quote(f"{name}:{title.replace(':', ';')}") for name, title in titles.items()),
        values="\n".join(
            f"        {flag}) words_here=({' '.join(words)}) ;;" for flag, words in _values(whole).items()
        ),
        flags="\n".join(
            f"            {name}) words_here=({' '.join(_words(one))}) ;;" for name, one in whole.children().items()
        ),
    )


def _fish(whole: Parser) -> str:
    lines = ["# Completion of asfuzz for fish; written by: asfuzz completion fish"]
    for name, title in _titles(whole).items():
        lines.append(f"complete -c asfuzz -n __fish_use_subcommand -f -a {name} -d {_fish_quoted(title)}")
    values = _values(whole)
    for name, command in whole.children().items():
        here = f"complete -c asfuzz -n '__fish_seen_subcommand_from {name}'"
        words = [one for one in _words(command) if not one.startswith("-")]
        if words:
            lines.append(f"{here} -f -a {_fish_quoted(' '.join(words))}")
        told = {
            flag: action.help or ""
            for one in parsers(command)
            for action in _flag_actions(one)
            for flag in action.option_strings
            if flag.startswith("--")
        }
        for flag, text in told.items():
            after = f" -x -a {_fish_quoted(' '.join(values[flag]))}" if flag in values else ""
            lines.append(f"{here} -l {flag[2:]} -d {_fish_quoted(text.replace('%%', '%'))}{after}")
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _titles(whole: Parser) -> dict[str, str]:
    """Map each command to its line in the help."""
    (commands,) = (one for one in whole._actions if isinstance(one, argparse._SubParsersAction))
    return {str(one.dest): str(one.help) for one in commands._choices_actions}
