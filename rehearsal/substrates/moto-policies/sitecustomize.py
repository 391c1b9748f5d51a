"""Conditions of bucket policies. moto takes every condition as met: a policy that denies plain HTTP would deny everything.

Python imports a module of this name before the server (PYTHONPATH, see moto.ts). The loopback stands for TLS.
"""

import json

from flask import request
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def request_values():
    """What a condition can ask of the request, by its key; None for what the request does not say."""
    return {
        "aws:SecureTransport": "true",
        "s3:TlsVersion": "1.3",
        "s3:x-amz-server-side-encryption": request.headers.get("x-amz-server-side-encryption"),
    }


OPERATORS = {
    "Bool": lambda actual, expected: actual == expected.lower(),
    "NumericLessThan": lambda actual, expected: float(actual) < float(expected),
    "StringEquals": lambda actual, expected: actual == expected,
    "StringNotEquals": lambda actual, expected: actual != expected,
}


def is_met(operator, key, expected, values):
    """Whether a condition holds. A key or an operator that is not known here is an error (HTTP 500), never a guess."""
    actual, expected = values[key], as_list(expected)
    if operator == "Null":
        return (actual is None) == (expected == ["true"])
    negated = "Not" in operator
    if actual is None:
        return negated or operator.endswith("IfExists")
    compare = OPERATORS[operator.removesuffix("IfExists")]
    return (all if negated else any)(compare(actual, each) for each in expected)


def as_list(value):
    return value if isinstance(value, list) else [value]


def get_permission(bucket, action, resource):
    """Takes the place of moto's own, which judges what is left: the statements whose conditions are met, without these."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy, values = json.loads(bucket.policy), request_values()
    policy["Statement"] = [
        {member: value for member, value in statement.items() if member != "Condition"}
        for statement in as_list(policy["Statement"])
        if all(
            is_met(operator, key, expected, values)
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    ]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


FakeBucket.get_permission = get_permission
