"""SQL as it means, not as it is written: case, white space, comments and names of aliases go.

Two queries are called equal only where that is certain; all others are different.
"""

import re
from collections import Counter

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_PLACEHOLDER = re.compile(r"\$?\{([A-Za-z_]\w*)\}")


def normalised(query: str) -> str:
    """The query in one spelling; one that cannot be parsed keeps all but its white space."""
    text = _PLACEHOLDER.sub(r"placeholder__\1", query)
    try:
        tree = sqlglot.parse_one(text.rstrip().rstrip(";"), dialect="duckdb")
    except (SqlglotError, RecursionError):
        return " ".join(query.split())
    for node in tree.walk():
        node.comments = None
        if isinstance(node, exp.Identifier):
            node.set("this", node.name.lower())  # DuckDB folds quoted names too
    return _with_plain_aliases(_without_result_name(tree)).sql(dialect="duckdb", comments=False)


def _without_result_name(tree: exp.Expr) -> exp.Expr:
    """A rule gives one value: what its column is called is nothing to anybody."""
    if isinstance(tree, exp.Select) and len(tree.expressions) == 1:
        only = tree.expressions[0]
        is_used = any(tree.args.get(part) for part in ("order", "having", "qualify", "group"))
        if isinstance(only, exp.Alias) and not is_used:
            only.replace(only.this)
    return tree


def _with_plain_aliases(tree: exp.Expr) -> exp.Expr:
    """Tables' aliases by the order in which they appear, where no name has a second meaning."""
    aliases = [alias.name for alias in tree.find_all(exp.TableAlias) if alias.name]
    names = Counter(identifier.name for identifier in tree.find_all(exp.Identifier))
    qualifiers = Counter(column.table for column in tree.find_all(exp.Column) if column.table)
    tables = Counter(table.name for table in tree.find_all(exp.Table))
    plain: dict[str, str] = {}
    for name in aliases if not any(name.startswith("table__") for name in names) else ():
        is_sole = aliases.count(name) == 1 and not tables[name]
        if is_sole and names[name] == 1 + qualifiers[name]:
            plain[name] = f"table__{len(plain) + 1}"
    for alias in tree.find_all(exp.TableAlias):
        if alias.name in plain:
            alias.this.set("this", plain[alias.name])
    for column in tree.find_all(exp.Column):
        if column.table in plain:
            column.args["table"].set("this", plain[column.table])
    return tree
