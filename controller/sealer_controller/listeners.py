"""Open the two ports: certificate and health on one, metrics on the other."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sealer import __version__
from sealer_controller import http
from sealer_controller.metrics import CONTENT_TYPE, Metrics
from sealer_controller.observers import Observers
from sealer_controller.posts import Operator, Posts
from sealer_controller.ratelimit import RateLimiter
from sealer_controller.settings.model import Settings

__all__ = ["listening"]


@asynccontextmanager
async def listening(
    settings: Settings, source: http.Source, operator: Operator, observers: Observers
) -> AsyncIterator[None]:
    """Listen where the settings say, until the block is left.

    Args:
        settings: The settings.
        source: What is told on the API port.
        operator: Who does the work of the paths that are sent something. They exist in a cluster
            alone: on folders there is no API server in front that authorises.
        observers: The metrics join them.

    Raises:
        ListenError: An address cannot be listened on.
    """
    metrics = Metrics(
        __version__,
        with_objects=not settings.metrics_omit_secret_labels,
        with_backups=not settings.is_on_folders,
    )
    observers.add(metrics)
    limits = http.HttpLimits(
        settings.read_timeout.total_seconds(), settings.write_timeout.total_seconds()
    )
    limiter = RateLimiter(settings.rate_limit, settings.rate_limit_burst)
    posts = None if settings.is_on_folders else Posts(operator, limiter)
    async with AsyncExitStack() as stack:
        for address, page in (
            (settings.listen_addr, http.api(source, metrics.answered, posts)),
            (settings.listen_metrics_addr, http.metrics_page(metrics.render, CONTENT_TYPE)),
        ):
            if address is not None:
                await stack.enter_async_context(http.serve(page, address, limits))
        yield
