"""A recipe's loop: what is cut short goes on to the same weights, and says where it stands."""

import pytest
import torch
from torch import nn

from core.models import cache
from core.networks import initial
from core.priors import views
from core.training import course, learning
from core.training.learning import Plan, TrainingStopped

PLAN = Plan(steps=7, batch=4, learning_rate=0.05, warm_up=2)


@pytest.fixture(autouse=True)
def often(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(learning, "EVERY", 3)


class Line:
    """Learn the weights of y = x w."""

    def __init__(self, plan=PLAN):
        network = nn.Linear(3, 1)
        initial.draw(network, 0)
        self.stage, self.plan = course.started(network), plan

    def losses(self, step):
        x = torch.randn(self.plan.batch, 3, generator=views.generator(0, step))
        y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
        error = (self.stage.network(x) - y).square().mean()
        return {"loss": error, "twice": 2 * error}

    def learn(self, stop_at=None, mark=None):
        return learning.learn(
            self.stage,
            self.plan,
            self.losses,
            name="line",
            mark=mark or {},
            is_stopped=lambda: stop_at is not None and self.stage.step >= stop_at,
        )

    @property
    def weights(self):
        return torch.cat([t.flatten() for t in self.stage.average.state_dict().values()])


def test_reports_come_in_time_and_add_up_all_steps():
    reports = list(Line().learn())
    assert [(r.done, r.of) for r in reports] == [(3, 7), (6, 7), (7, 7)]
    assert all(r.losses["twice"] == pytest.approx(2 * r.losses["loss"], abs=2e-5) for r in reports)
    assert reports[-1].left == 0
    assert reports[-1].pictures_per_second > 0


@pytest.mark.parametrize("cut", [2, 3, 5])
def test_a_training_that_is_stopped_goes_on_to_the_same_weights_and_curve(cut):
    whole = Line()
    list(whole.learn())
    learning.forget("line")
    first = Line()
    with pytest.raises(TrainingStopped, match=f"Stopped after step {cut} of 7"):
        list(first.learn(stop_at=cut))
    second = Line()
    list(second.learn())
    assert torch.equal(second.weights, whole.weights)
    assert second.stage.curve == whole.stage.curve
    assert first.stage.step == cut


def test_a_checkpoint_of_another_recipe_is_left_alone():
    first, other = Line(), Line()
    with pytest.raises(TrainingStopped):
        list(first.learn(stop_at=4, mark={"beta": 1}))
    list(other.learn(mark={"beta": 2}))
    whole = Line()
    learning.forget("line")
    list(whole.learn())
    assert torch.equal(other.weights, whole.weights)


def test_what_is_finished_can_be_stopped_no_more_and_be_forgotten():
    line = Line()
    list(line.learn(stop_at=7))
    kept = cache.folder() / "training" / "line.safetensors"
    assert kept.is_file()
    learning.forget("line")
    assert not kept.exists()


def test_the_rate_warms_up_and_falls_to_a_hundredth():
    plan = Plan(steps=1000, learning_rate=1.0, warm_up=10)
    assert learning.rate_at(0, plan) == pytest.approx(0.1)
    assert learning.rate_at(500, plan) == pytest.approx(0.505)
    assert learning.rate_at(1000, plan) == pytest.approx(0.01)
    rates = [learning.rate_at(step, plan) for step in range(10, 1000)]
    assert rates == sorted(rates, reverse=True)
