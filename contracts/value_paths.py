"""Where values stand within a column: `lines[].amount`, `labels{key}`."""

from dataclasses import dataclass

from contracts.type_trees import TypeTree

_PARTS = {"[]": "item", "{key}": "key", "{value}": "value"}


@dataclass(frozen=True, slots=True)
class ValuePath:
    """Values below a column: each step is a field (`.name`), `[]`, `{key}` or `{value}`."""

    column: str
    steps: tuple[str, ...]
    is_guarded: bool = False  # its values stay out of evidence

    def __str__(self) -> str:
        return self.column + "".join(self.steps)

    @property
    def is_repeated(self) -> bool:
        """Whether one row may hold several of these values."""
        return any(step in _PARTS for step in self.steps)

    def below(self, step: str, is_guarded: bool = False) -> "ValuePath":
        """The path one step further down."""
        return ValuePath(self.column, (*self.steps, step), self.is_guarded or is_guarded)

    def tree(self, column: TypeTree | None) -> TypeTree | None:
        """The type of the values, from the column's; None where the column has no such part."""
        found = column
        for step in self.steps:
            found = found.part(_PARTS.get(step, step[1:])) if found is not None else None
        return found
