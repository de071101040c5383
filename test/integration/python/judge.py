"""Judges what the sandbox answered by botocore's own models of the services.

usage: judge.py DIR

Reads every DIR/*.ndjson, one answer a line: {"service", "operation", "status", "code", "body"}. Parses each body as
botocore would for its user, and checks the result against the model: members that must be there, members that the
model does not know, types, enumerations, and error codes. Prints one JSON object with the number of answers and the
problems, each told once with how often it occurred.
"""

import collections
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import botocore.parsers
import botocore.session

# Codes that any operation may answer with, which no service model lists.
COMMON_ERRORS = {
    'AccessDenied', 'AccessDeniedException', 'AuthFailure', 'ExpiredToken', 'ExpiredTokenException',
    'IncompleteSignature', 'InternalError', 'InternalFailure', 'InvalidClientTokenId', 'MissingAuthenticationToken',
    'MissingAuthenticationTokenException', 'MissingParameter', 'NotImplemented', 'RequestExpired',
    'RequestLimitExceeded', 'SerializationException', 'ServiceUnavailable', 'Throttling', 'ThrottlingException',
    'UnauthorizedOperation', 'UnrecognizedClientException', 'ValidationError', 'ValidationException',
}

SIGNING_NAMES = {'elasticloadbalancing': 'elb', 'servicequotas': 'service-quotas'}

session = botocore.session.get_session()
models = {}


def model_of(signing_name):
    name = SIGNING_NAMES.get(signing_name, signing_name)
    if name not in models:
        models[name] = session.get_service_model(name)
    return models[name]


def problems_of(answer):
    """All that is wrong with one answer, as phrases."""
    service = model_of(answer['service'])
    if answer['operation'] not in service.operation_names:
        yield 'the service has no such operation'
        return
    operation = service.operation_model(answer['operation'])
    parser = botocore.parsers.create_parser(service.metadata['protocol'])
    response = {
        'status_code': answer['status'],
        'headers': botocore.awsrequest.HeadersDict(answer.get('headers') or {}),
        'body': answer['body'].encode(),
        'context': {'operation_name': answer['operation']},
    }
    parsed = parser.parse(response, operation.output_shape)
    if answer['status'] >= 300:
        yield from error_problems(parsed, service, operation)
    elif operation.output_shape is not None:
        parsed.pop('ResponseMetadata', None)
        yield from value_problems(parsed, operation.output_shape, operation.output_shape.name)
        yield from raw_problems(answer['body'], service, operation)


def error_problems(parsed, service, operation):
    code = parsed.get('Error', {}).get('Code', '')
    if not re.fullmatch(r'[A-Za-z][A-Za-z0-9.]*', code):
        yield f'the error has no code: {code!r}'
        return
    if not parsed['Error'].get('Message'):
        yield f'error {code} has no message'
    # EC2 models no errors; its codes are told apart by their documented form alone.
    if service.service_name == 'ec2' or code in COMMON_ERRORS:
        return
    known = {shape.error_code or shape.name for shape in operation.error_shapes} | {
        shape.name for shape in operation.error_shapes
    }
    if code not in known:
        yield f'error {code} is none that this operation documents'


def value_problems(value, shape, path):
    check = CHECKS.get(shape.type_name)
    if check is not None:
        yield from check(value, shape, path)


def structure_problems(value, shape, path):
    if not isinstance(value, dict):
        yield f'{path} is no structure'
        return
    for name in shape.required_members:
        if name not in value:
            yield f'{path}.{name} is missing'
    for name, inner in value.items():
        if name in shape.members:
            yield from value_problems(inner, shape.members[name], f'{path}.{name}')


def list_problems(value, shape, path):
    if not isinstance(value, list):
        yield f'{path} is no list'
        return
    for inner in value:
        yield from value_problems(inner, shape.member, f'{path}[]')


def map_problems(value, shape, path):
    if not isinstance(value, dict):
        yield f'{path} is no map'
        return
    for inner in value.values():
        yield from value_problems(inner, shape.value, f'{path}{{}}')


def string_problems(value, shape, path):
    if not isinstance(value, str):
        # botocore decodes policy documents for its user.
        if not isinstance(value, dict):
            yield f'{path} is no string: {value!r}'
    elif shape.enum and value not in shape.enum:
        yield f'{path} is {value!r}, none of the model\'s values'


def of_type(kind, *types):
    def problems(value, shape, path):
        if isinstance(value, bool) != (bool in types) or not isinstance(value, types):
            yield f'{path} is no {kind}: {value!r}'

    return problems


def timestamp_problems(value, shape, path):
    if not hasattr(value, 'isoformat'):
        yield f'{path} is no time: {value!r}'


CHECKS = {
    'structure': structure_problems,
    'list': list_problems,
    'map': map_problems,
    'string': string_problems,
    'boolean': of_type('boolean', bool),
    'integer': of_type('integer', int),
    'long': of_type('integer', int),
    'double': of_type('number', int, float),
    'float': of_type('number', int, float),
    'timestamp': timestamp_problems,
}


def raw_problems(body, service, operation):
    """Members on the wire that the model does not know: the parser would drop them silently."""
    shape = operation.output_shape
    if service.metadata['protocol'] in ('json', 'rest-json'):
        yield from unknown_json(json.loads(body or '{}'), shape, shape.name)
        return
    root = without_namespaces(ElementTree.fromstring(body))
    if service.metadata['protocol'] == 'query':
        if root.tag != f'{operation.name}Response':
            yield f'the answer is a {root.tag}'
        root = root.find(shape.serialization.get('resultWrapper', f'{operation.name}Result'))
        if root is None:
            yield 'the answer has no result'
            return
    yield from unknown_xml(root, shape, shape.name, ignored={'requestId'})


def unknown_json(value, shape, path):
    if shape.type_name == 'structure' and isinstance(value, dict):
        members = {inner.serialization.get('name', name): inner for name, inner in shape.members.items()}
        for name, inner in value.items():
            if name in members:
                yield from unknown_json(inner, members[name], f'{path}.{name}')
            else:
                yield f'{path}.{name} is not in the model'
    elif shape.type_name == 'list' and isinstance(value, list):
        for inner in value:
            yield from unknown_json(inner, shape.member, f'{path}[]')


def unknown_xml(element, shape, path, ignored=frozenset()):
    if shape.type_name == 'structure':
        members = {inner.serialization.get('name', name): inner for name, inner in shape.members.items()}
        for child in element:
            if child.tag in members:
                yield from unknown_xml(child, members[child.tag], f'{path}.{child.tag}')
            elif child.tag not in ignored:
                yield f'{path}.{child.tag} is not in the model'
    elif shape.type_name == 'list':
        item = shape.member.serialization.get('name', 'member')
        for child in element:
            if child.tag != item:
                yield f'{path} has items called {child.tag}, want {item}'
            yield from unknown_xml(child, shape.member, f'{path}[]')


def without_namespaces(root):
    for element in root.iter():
        element.tag = element.tag.rpartition('}')[2]
    return root


def main():
    answers = 0
    found = collections.Counter()
    operations = set()
    for path in sorted(glob.glob(os.path.join(sys.argv[1], '**', '*.ndjson'), recursive=True)):
        with open(path, encoding='utf-8') as lines:
            for line in lines:
                answer = json.loads(line)
                # Where the sandbox says that it does not know an operation, it speaks for itself.
                if answer['status'] == 501:
                    continue
                answers += 1
                operations.add((answer['service'], answer['operation']))
                try:
                    problems = set(problems_of(answer))
                except Exception as error:  # whatever botocore cannot read is a problem of the answer
                    problems = {f'botocore cannot read it: {error!r}'}
                for problem in problems:
                    found[f"{answer['service']} {answer['operation']}: {problem}"] += 1
    print(json.dumps({'answers': answers, 'operations': len(operations), 'problems': found}))


if __name__ == '__main__':
    main()
