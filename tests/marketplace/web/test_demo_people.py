"""Demo people exist on the machine's own address in development, and nowhere else."""

from typing import Any

from marketplace.web.app import create_app


def _rooms(settings: Any, registry: Any) -> Any:
    app = create_app(settings, registry=registry)
    rooms = app.state.rooms
    rooms.engine.close()
    rooms.store.close()
    return rooms


def test_they_are_offered_on_this_machine_only(settings: Any, seed_folder: Any) -> None:
    near = _rooms(settings, seed_folder.registry)
    far = _rooms(settings.model_copy(update={"host": "0.0.0.0"}), seed_folder.registry)

    assert near.offers_demo
    assert not far.offers_demo


def test_they_can_be_switched_off(settings: Any, seed_folder: Any) -> None:
    rooms = _rooms(settings.model_copy(update={"demo_people": False}), seed_folder.registry)

    assert not rooms.offers_demo
    assert rooms.people.all() == ()


def test_the_secret_of_a_laptop_is_made_once_and_only_its_owner_reads_it(
    settings: Any, seed_folder: Any
) -> None:
    first = _rooms(settings, seed_folder.registry).form_key
    second = _rooms(settings, seed_folder.registry).form_key

    assert first == second
    assert len(first) >= 32
    assert (settings.home / "secret_key").stat().st_mode & 0o777 == 0o600
