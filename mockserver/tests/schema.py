"""schema.py - tests that the schemas in schema/ are current and agree with the loader, with an
independent JSON Schema validator: fixtures that the loader accepts are valid; fixtures with a wrong
shape are invalid; fixtures that only have a wrong meaning are valid.

  python3 schema.py <mockserver> <yaml_json> <source folder>
"""
import json
import re
import subprocess
import sys
from glob import glob
from tempfile import TemporaryDirectory

from jsonschema import Draft202012Validator

mockserver, yaml_json, source = sys.argv[1:]
folder = source + '/mockserver/schema/'
# The messages of base/fields.c and record_json.c for a wrong shape: unknown or missing keys, values of a wrong type.
broken = re.compile(
    r": (unknown key '|missing '[^']+' in (?!a record of)|'[^']+'( item \d+)? (is|has) .*; expected |[a-z ]+ is [a-z ]+; expected a map"
    r"|unknown kind '|unknown tier '|records of kind '[a-z_]+' have no field '|'[^']+' cannot be '|'[^']+' takes .*, not )")
wrong = []


def of_files(paths):
    out = subprocess.run([yaml_json, *paths], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def check(schema, path, value, valid):
    errors = list(Draft202012Validator(schema).iter_errors(value))
    if valid and errors:
        wrong.append(f'{path}: the schema rejects it: /{"/".join(map(str, errors[0].path))}: {errors[0].message}')
    if not valid and not errors:
        wrong.append(f'{path}: the schema accepts it')


schemas = {}
for name in ('fixture', 'rule'):
    printed = subprocess.run([mockserver, 'schema', name], check=True, capture_output=True, text=True).stdout
    with open(f'{folder}{name}.json') as file:
        if file.read() != printed:
            wrong.append(f'schema/{name}.json is not current: run "mockserver schema {name}"')
    schemas[name] = json.loads(printed)
    Draft202012Validator.check_schema(schemas[name])

valid_files = [*glob(source + '/fixtures/*.yaml'), source + '/mockserver/bench/bench.yaml']
for path, value in zip(valid_files, of_files(valid_files)):
    check(schemas['fixture'], path, value, True)
    for rule in value.get('rules', []):
        check(schemas['rule'], path, rule, True)

# The examples of the reference page are valid.
with TemporaryDirectory() as room:
    shown = [(kind, example[kind])
             for example in of_files([source + '/mockserver/cli/examples.yaml'])[0]['examples']
             for kind in ('fixture', 'rule') if kind in example]
    paths = [f'{room}/{i}.yaml' for i in range(len(shown))]
    for path, (_, text) in zip(paths, shown):
        with open(path, 'w') as file:
            file.write(text)
    for (kind, text), value in zip(shown, of_files(paths)):
        check(schemas[kind], text, value, True)

then = [{'delay_after': '1s'}]
for rule in (
    {}, {'then': []}, {'then': [{}]}, {'then': [{'dely': '1s'}]}, {'then': [{'delay_after': 'soon'}]},
    {'on': 'layers.whoamy', 'then': then}, {'provider': 'layer', 'then': then},
    {'when': {'nth': 0}, 'then': then}, {'when': {'probability': 2}, 'then': then},
    {'when': {'query': {'limit': 5}}, 'then': then}, {'when': {'body': {'$mtches': 'x'}}, 'then': then},
    {'when': {'body': {'$gt': 1, 'a': 2}}, 'then': then}, {'then': [{'close_connection': 'midbody'}]},
    {'then': [{'set_state': {'accounts': {'set': {'tokn': 'live'}}}}]},
    {'then': [{'set_state': {'accounts': {'set': {'id': 'x'}}}}]}, {'then': [{'throttle': 'slow'}]},
    {'then': [{'respond': {'status': 99}}]}, {'then': [{'patch': [{'op': 'put', 'path': '/a'}]}]},
):
    check(schemas['rule'], json.dumps(rule), rule, False)

invalid_files = sorted(glob(source + '/mockserver/tests/bad/*.yaml'))
wrong_shapes = 0
for path, value in zip(invalid_files, of_files(invalid_files)):
    with open(path[:-4] + 'err') as file:
        breaks = any(broken.search(line) for line in file)
    wrong_shapes += breaks
    if value is not None:
        check(schemas['fixture'], path, value, not breaks)

print(f'{len(valid_files)} valid fixtures, {len(invalid_files)} invalid ones, {wrong_shapes} of them with a wrong shape')
if len(valid_files) < 5 or wrong_shapes < 20:
    wrong.append('too few fixtures were checked')
for line in wrong:
    print(line)
sys.exit(bool(wrong))
