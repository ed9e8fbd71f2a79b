"""Where map steps run. A runner is handed functions and items and knows nothing of what they compute."""

from hanmine.runners.threads import ThreadRunner

__all__ = ["ThreadRunner"]
