"""`rules`: the list of rules, or one rule's page."""

from argparse import ArgumentParser, Namespace
from difflib import get_close_matches

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.options import selected_rules
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.printing import add_format, print_table
from vdmabuf_inspect.errors import UsageError


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "rule", metavar="CODE", nargs="?", help="a code (VL501), a name (double-release) or a glob (VL5*)"
    )
    add_format(parser, limit=False)


def run(args: Namespace) -> int:
    """Print the list or the page. Raises UsageError for a rule that there is not."""
    from vdmabuf_inspect.views.formats.knowledge import all_rules, rule_table
    from vdmabuf_inspect.views.formats.rule_page import rule_lines

    open_door(args, wide=True)
    rules = [rule for rule in all_rules() if args.rule is None or rule.code in _codes(args.rule)]
    if args.rule is not None and len(rules) == 1 and args.format == "text":
        write(rule_lines(rules[0]))
    else:
        print_table(args, rule_table(rules))
    return Exit.CLEAN


def _codes(wanted: str) -> frozenset[str]:
    from vdmabuf_inspect.views.formats.knowledge import all_rules

    try:
        return selected_rules([wanted], []) or frozenset()
    except UsageError:
        names = [name for rule in all_rules() for name in (rule.code, rule.slug)]
        near = get_close_matches(wanted.upper(), names, 1) or get_close_matches(wanted.lower(), names, 1)
        hint = f"; did you mean {near[0]}?" if near else "; 'vdmabuf-inspect rules' lists them"
        raise UsageError(f"no rule is called {wanted}{hint}") from None
