"""Says which operations moto has. Reads a JSON list of [service, operation], prints those that it has.

Services are named as requests are signed for them.
"""

import importlib
import inspect
import json
import sys

from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores

MODULES = {'elasticloadbalancing': 'elb', 'servicequotas': 'servicequotas'}


def responses(service):
    """The classes that answer requests of a service."""
    try:
        module = importlib.import_module(f'moto.{MODULES.get(service, service)}.responses')
    except ModuleNotFoundError:
        return []
    return [found for _, found in inspect.getmembers(module, inspect.isclass) if issubclass(found, BaseResponse)]


def main():
    asked = json.load(sys.stdin)
    has = [
        [service, operation]
        for service, operation in asked
        if any(hasattr(answering, camelcase_to_underscores(operation)) for answering in responses(service))
    ]
    json.dump(has, sys.stdout)


if __name__ == '__main__':
    main()
