import pytest
from pydantic import ValidationError

from residency.settings import Settings
from stack.apply.checkout import read_plan
from stack.apply.resources import Kind
from stack.apply.work import MARK, queue_order, wanted_work


@pytest.mark.parametrize("kind", ["docker", "kubernetes", "ecs"])
def test_a_pool_that_runs_images_needs_to_know_which(kind):
    with pytest.raises(ValidationError, match="work_pool_image must name the image"):
        Settings(_env_file=None, work_pool_type=kind, work_pool_image="")
    settings = Settings(_env_file=None, work_pool_type=kind, work_pool_image="registry.example/residency:1")
    assert wanted_work(read_plan(), settings)[0].fields == {
        "type": kind,
        "image default": "registry.example/residency:1",
    }


def test_a_pool_of_processes_takes_no_image():
    settings = Settings(_env_file=None, work_pool_image="ignored")
    assert wanted_work(read_plan(), settings)[0].fields == {"type": "process"}


def test_an_unknown_type_is_refused():
    with pytest.raises(ValidationError, match="process"):
        Settings(_env_file=None, work_pool_type="vm", work_pool_image="x")


def test_queues_bear_our_mark_and_are_written_by_priority():
    from stack.apply.resources import difference

    wanted = wanted_work(read_plan(), Settings(_env_file=None))
    queues = [each for each in wanted if each.kind is Kind.WORK_QUEUE]
    assert all(each.fields["description"].endswith(MARK) for each in queues)
    changes = difference(queues[::-1], [])
    priorities = [change.wanted.fields["priority"] for change in queue_order(changes)]
    assert priorities == list(range(1, 10))
