"""Completion scripts for bash, zsh and fish, made from the parser."""

from collections.abc import Callable

from vdmabuf_inspect.cli.narration import PROGRAM
from vdmabuf_inspect.cli.survey import Argument, Described, survey

_BASH = """\
# bash completion of {program}; put it into ~/.local/share/bash-completion/completions/{program}
_vdmabuf_inspect() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command= word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in {names}) command=$word; break ;; esac
    done
    COMPREPLY=()
    case "${{command:-open}} $prev" in
{values}
    esac
    local words=
    case ${{command:-open}} in
{options}
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        return
    fi
    if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W "{spaced}" -- "$cur"))
    fi
    COMPREPLY+=($(compgen -f -- "$cur"))
}}
complete -o filenames -F _vdmabuf_inspect {program}
"""

_ZSH = """\
#compdef {program}
# zsh completion of {program}; put it as _{program} into a folder of $fpath
_vdmabuf_inspect() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe -t commands command commands
        _files
        return
    fi
    shift words
    (( CURRENT-- ))
    case $words[1] in
{cases}
        *) _files ;;
    esac
}}
if [[ $funcstack[1] == _{program} ]]; then
    _vdmabuf_inspect "$@"
else
    compdef _vdmabuf_inspect {program}
fi
"""


def completion(shell: str) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    return SHELLS[shell](survey())


def _bash(commands: tuple[Described, ...]) -> str:
    names = [command.name for command in commands]
    values = [_bash_values(c.name, o) for c in commands for o in c.options if o.takes_value]
    options = [f'        {c.name}) words="{" ".join(f for o in c.options for f in o.flags)}" ;;' for c in commands]
    values += [_bash_values(c.name, p) for c in commands for p in c.positionals[:1] if p.values]
    return _BASH.format(
        program=PROGRAM, names="|".join(names), spaced=" ".join(names), values="\n".join(values),
        options="\n".join(options),
    )  # fmt: skip


def _bash_values(command: str, argument: Argument) -> str:
    patterns = "|".join(f'"{command} {word}"' for word in argument.flags or (command,))
    if argument.files:
        reply = 'COMPREPLY=($(compgen -f -- "$cur"))'
    else:
        reply = f'COMPREPLY=($(compgen -W "{" ".join(argument.values)}" -- "$cur"))'
    if argument.flags:
        return f"        {patterns}) {reply}; return ;;"
    return f"        {patterns}) [[ $cur == -* ]] || {{ {reply}; return; }} ;;"


def _zsh(commands: tuple[Described, ...]) -> str:
    listed = [f"        {_quote(f'{c.name}:{c.summary}')}" for c in commands]
    cases = []
    for command in commands:
        specs = [spec for argument in command.arguments for spec in _zsh_specs(argument)]
        lines = " \\\n                ".join(specs)
        cases.append(f"        {command.name})\n            _arguments \\\n                {lines} ;;")
    return _ZSH.format(program=PROGRAM, commands="\n".join(listed), cases="\n".join(cases))


def _zsh_specs(argument: Argument) -> list[str]:
    action = "_files" if argument.files else f"({' '.join(argument.values)})" if argument.values else " "
    value = f":{argument.name}:{action}"
    if not argument.flags:
        return [_quote(f"*{value}" if argument.name == "sources" else value)]
    about = argument.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    return [_quote(f"*{flag}[{about}]{value if argument.takes_value else ''}") for flag in argument.flags]


def _fish(commands: tuple[Described, ...]) -> str:
    lines = [f"# fish completion of {PROGRAM}; put it into ~/.config/fish/completions/{PROGRAM}.fish"]
    lines += [
        f"complete -c {PROGRAM} -n __fish_use_subcommand -a {c.name} -d {_fish_quote(c.summary)}" for c in commands
    ]
    for command in commands:
        seen = f"complete -c {PROGRAM} -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{seen} {_fish_option(option)}" for option in command.options]
        lines += [f"{seen} -f -a {_fish_quote(' '.join(p.values))}" for p in command.positionals if p.values]
    return "\n".join(lines) + "\n"


def _fish_option(option: Argument) -> str:
    parts = [f"-l {f[2:]}" if f.startswith("--") else f"-s {f[1:]}" for f in option.flags]
    if option.takes_value:
        parts.append(
            "-rF" if option.files else "-x" + (f"a {_fish_quote(' '.join(option.values))}" if option.values else "")
        )
    return f"{' '.join(parts)} -d {_fish_quote(option.help)}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: dict[str, Callable[[tuple[Described, ...]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
"""What makes the script of each shell."""
