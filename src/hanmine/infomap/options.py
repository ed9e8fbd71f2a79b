"""What the flow and the search can be told; the names and meanings are those of the official infomap tool."""

from __future__ import annotations

from dataclasses import dataclass

from hanmine.errors import UsageError

FLOW_MODELS = ("undirected", "directed", "undirdir", "outdirdir", "rawdir", "precomputed")
EFFORTS = ("fast", "normal", "thorough")
MOST_TRIALS = 10_000
"""Tens are usual, hundreds where the partitions are compared; more would only seem to hang."""


@dataclass(frozen=True)
class FlowOptions:
    """How a random walker moves on the graph.

    Attributes
    ----------
    flow_model : one of `FLOW_MODELS`; undirdir, outdirdir and rawdir take link weights for flow as they are.
    recorded_teleportation : teleportation counts as movement between modules (directed).
    to_nodes : teleport to nodes by their weights, not by the weights of their links (directed).
    teleportation_probability : of a step, in (0, 1) (directed).
    markov_time : link flow is multiplied by it; > 0.
    variable_markov_time : each link's flow is scaled down by the flow of its ends.
    regularized : a weak fully connected prior network is added (Smiljanić, Edler and Rosvall 2021).
    regularization_strength : the weight of that network; 1 is the Bayesian one.
    no_self_links : drop links from a node to itself.
    use_node_weights_as_flow : the nodes' weights, made to sum to 1, are their flows.
    weight_threshold : links of less weight are dropped.
    """

    flow_model: str = "undirected"
    recorded_teleportation: bool = False
    to_nodes: bool = False
    teleportation_probability: float = 0.15
    markov_time: float = 1.0
    variable_markov_time: bool = False
    regularized: bool = False
    regularization_strength: float = 1.0
    no_self_links: bool = False
    use_node_weights_as_flow: bool = False
    weight_threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.flow_model not in FLOW_MODELS:
            raise UsageError(f"--flow-model {self.flow_model!r} is unknown: choose {', '.join(FLOW_MODELS)}")
        if not 0 < self.teleportation_probability < 1:
            raise UsageError(
                f"--teleportation-probability {self.teleportation_probability:g} is not between 0 and 1: pass 0.15, say"
            )
        for name in ("markov_time", "regularization_strength"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"--{name.replace('_', '-')} {getattr(self, name):g} is not above 0: pass 1, say")
        if self.regularized and self.flow_model not in ("undirected", "directed"):
            raise UsageError(f"--regularized has no meaning with --flow-model {self.flow_model}: leave one of them out")


@dataclass(frozen=True)
class SearchOptions:
    """How the description length is made short.

    Attributes
    ----------
    two_level : modules of nodes only, no modules of modules.
    preferred_number_of_modules : every module more or fewer costs a bit; None: no preference.
    entropy_corrected : add the bias of entropies estimated from few observations (Smiljanić et al. 2020).
    entropy_correction_strength : factor of that bias.
    trials : searches from different random orders, at most `MOST_TRIALS`; the shortest description wins.
    seed : of the random orders.
    effort : "fast" (two rounds of tuning), "normal" (until a round gains less than 1e-4 of the length without modules)
        or "thorough" (until a round gains nothing, and more starts).
    """

    two_level: bool = False
    preferred_number_of_modules: int | None = None
    entropy_corrected: bool = False
    entropy_correction_strength: float = 1.0
    trials: int = 1
    seed: int = 123
    effort: str = "normal"

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            raise UsageError(f"--effort {self.effort!r} is unknown: choose {', '.join(EFFORTS)}")
        if self.trials < 1:
            raise UsageError(f"--trials {self.trials} is less than 1: pass 1 or more")
        if self.trials > MOST_TRIALS:
            raise UsageError(f"--trials {self.trials} is more than {MOST_TRIALS:,}: pass fewer")
        if self.preferred_number_of_modules is not None and self.preferred_number_of_modules < 1:
            raise UsageError(
                f"--preferred-number-of-modules {self.preferred_number_of_modules} is less than 1: pass 1 or more"
            )
        if self.seed < 0:
            raise UsageError(f"--seed {self.seed} is negative: pass 0 or more")
