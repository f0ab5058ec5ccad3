#!/usr/bin/env python3
"""Writes AnsibleBuiltinCases.swift: what ansible-core gives for each expression below.

Run with the Python of an ansible-core 2.19 installation, TZ=UTC. Expressions need no variables and
no files; the results are Python's repr, or `error`.
"""
import os

os.environ["TZ"] = "UTC"
os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "0"

from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.template import Templar, trust_as_template  # noqa: E402

EXPRESSIONS = r"""
'YES' | bool
'y' | bool
1.0 | bool
'on' | bool
{'a': {'b': 1}} | combine({'a': {'c': 2}}, {'d': 3}, recursive=true)
{'l': [1, 2]} | combine({'l': [2, 3]}, list_merge='prepend_rp')
{'l': [1, 2, 2]} | combine({'l': [3]}, list_merge='keep')
{'a': {'l': [1]}} | combine({'a': {'l': [2]}}, recursive=true, list_merge='append')
{} | combine({})
[] | combine
[{'a': 1}] | combine([{'b': 2}], {'c': 3})
5 | combine({})
{'b': 1, 'a': 2} | dict2items
{} | dict2items
[{'n': 'x', 'v': 1}] | items2dict(key_name='n', value_name='v')
[{'key': 'x'}] | items2dict
[{'id': 'a', 'v': 1}, {'id': 'b', 'v': 2}] | rekey_on_member('id')
[{'id': 'a'}, {'id': 'a'}] | rekey_on_member('id')
{'x': {'id': 'a'}} | rekey_on_member('id')
[{'x': 1}] | rekey_on_member('id')
[{'n': 'a', 's': {'l': [1, 2]}}] | subelements('s.l')
[{'n': 'a'}, {'n': 'b', 'l': [3]}] | subelements('l', skip_missing=true)
[{'n': 'a', 'l': 'x'}] | subelements('l')
1 | extract(['a', 'b'])
'k' | extract({'k': {'m': [7, 8]}}, ['m', 1])
'k' | extract({'k': {'m': 5}}, 'm')
[3, 1, 3, 2] | unique
['a', 'A', 'b'] | unique
['a', 'A', 'b'] | unique(case_sensitive=true)
[{'k': 1, 'v': 2}, {'k': 1, 'v': 3}] | unique(attribute='k')
[1, 1.0, true] | unique
[[1], [2]] | intersect([[2]])
[[1], [1]] | difference([[2]])
[{'a': 1}] | union([{'a': 1}, {'b': 1}])
[1, 2] | symmetric_difference([2, 3]) | sort
5 | union([1])
[1, [2, [3, [4, none]]]] | flatten(levels=2)
'abc' | flatten
[[1, 2], [3, 4]] | flatten(levels=0)
[1, 2, 3] | zip([4, 5])
[1, 2, 3] | zip_longest([4], [5, 6])
[] | zip([])
[1, 2] | product
[1, 2] | product([])
[1, 2, 3] | combinations(2)
[1, 2, 3] | combinations(0)
[1, 2, 3] | combinations(4)
[1, 2] | permutations
'ab' | permutations(1)
8 | log(2)
100 | log(10)
1 | log
0 | log
2 | pow(-1)
27 | root(3)
-1 | root
'2' | pow(2)
0 | human_readable
1023 | human_readable
1024 | human_readable(true)
123456 | human_readable(isbits=true, unit='K')
1e30 | human_readable
'1 KB' | human_to_bytes
'2' | human_to_bytes('M')
'2 kilobyte' | human_to_bytes
'1.5' | human_to_bytes
'.5K' | human_to_bytes
'5.' | human_to_bytes
'10Kb' | human_to_bytes(isbits=true)
'10KB' | human_to_bytes(isbits=true)
'1b' | human_to_bytes
'1Q' | human_to_bytes
'1M ' | human_to_bytes
' 1M' | human_to_bytes
'/a/b/' | dirname
'/a//b' | dirname
'a' | dirname
'/' | basename
'//x' | dirname
'.bashrc' | splitext
'a.b/c' | splitext
'..x.y' | splitext
'x.' | splitext
['a', '/b', 'c'] | path_join
['a/', 'b'] | path_join
['a', 1] | path_join
[''] | path_join
'/a/b' | relpath('/a/c/d')
'/a' | relpath('/a')
'/a/../b//c' | relpath('/')
'a/b/../../..' | normpath
'/..' | normpath
['a/b', 'a/c'] | commonpath
['/a', '/b'] | commonpath
[] | commonpath
'C:\\x\\y.txt' | win_dirname
'\\srv\\share\\d\\f' | win_splitdrive
'a/b\c' | win_basename
'C:' | win_splitdrive
'x' | win_splitdrive
'a-b-c' | regex_replace('-', '+', count=1)
'abc' | regex_replace('(?P<l>b)', '[\g<l>]')
'ABC' | regex_replace('b', 'x', ignorecase=true)
'abc' | regex_replace('x', 'y', mandatory_count=1)
'aaa' | regex_replace('a', 'b', mandatory_count=3)
'a.b' | regex_escape
'a.b[c]*' | regex_escape('posix_basic')
'a' | regex_escape('posix_extended')
'k=v' | regex_search('(\w)=(\w)', '\2', '\1')
'k=v' | regex_search('(\w)=(\w)', '\3')
'k=v' | regex_search('(\w)=(\w)', '\g<x>')
'x' | regex_search('[')
'a1 b2' | regex_findall('\w(\d)')
'foo' is match('o')
'foo' is search('o$')
'FOO' is search('o', ignorecase=true)
'a
b' is search('^b', multiline=true)
'foo' is regex('oo', match_type='match')
12 is match('1')
'1.10' is version('1.9', '>')
'1.2.3' is version('1.2', 'ge')
'2.0rc1' is version('2.0', '>')
'1.2b1' is version('1.2', '<', strict=true)
'1.2a1' is version('1.2b1', 'lt', version_type='strict')
'1.0.0-beta.11' is version('1.0.0-beta.2', '>', version_type='semver')
'1.0.0-alpha' is version('1.0.0-alpha.1', '<', version_type='semver')
'1.0.0+x' is version('1.0.0', '==', version_type='semantic')
'01.0.0' is version('1.0.0', version_type='semver')
'1!1.0' is version('2.0', '>', version_type='pep440')
'1.0' is version('1.0.0', '==', version_type='pep440')
'1.0+local' is version('1.0', '>', version_type='pep440')
'1.0+1' is version('1.0+a', '>', version_type='pep440')
'1.0rc1.dev2' is version('1.0rc1', '<', version_type='pep440')
'1.0-1' is version('1.0.post1', '==', version_type='pep440')
'1.0' is version('1.0', strict=true, version_type='loose')
'1.0' is version('1.0', version_type='nope')
'1.0' is version('', '==')
none is version('1.0')
[1, 2] is subset([1, 2, 3])
[1, 4] is issubset([1, 2, 3])
[1, 2, 3] is superset([1])
[] is subset([])
[1, 1] is subset([1])
[0, 1] is contains(true)
'abc' is contains('')
'abc' is contains(1)
[1, 0] is all
[] is all
[] is any
'no' is truthy(convert_bool=true)
'0' is truthy
0 is falsy
'/a' is abs
'a' is abs
{'failed': 0} is succeeded
{'failed': 'x'} is failed
{} is changed
{'changed': 'yes'} is changed
{'results': [{'changed': true}]} is changed
{'results': [{'x': 1}, {'changed': true}]} is changed
{'changed': false, 'results': [{'changed': true}]} is changed
{'unreachable': true} is reachable
{'skipped': false} is skip
{'started': 0} is started
{} is started
{'finished': 0} is finished
{'timedout': {'period': 0}} is timedout
[] is failed
1.5 is nan
'x' is nan
'a b' | quote
"a'b" | quote
'a=b' | quote
'é' | quote
true | quote
'a:b:c' | split(':')
' a  b ' | split
' a b c ' | split(none, 1)
'abc' | split('')
'' | split
'' | split(',')
'x' | comment('c')
'a' | comment('cblock')
'a' | comment('xml')
'a' | comment('nope')
'a' | comment(prefix='', postfix='')
'a' | comment(decoration='! ')
'a' | comment('plain', prefix_count=0, postfix_count=2)
'http://u@h:80/p;x?q=1#f' | urlsplit
'//h/p' | urlsplit('netloc')
'HTTP://EX.org' | urlsplit('hostname')
'mailto:a@b' | urlsplit('path')
'http://[::1]:8080/' | urlsplit('hostname')
'http://[::1/' | urlsplit
'http://h:x/' | urlsplit('port')
'a%2Fb+%E2%98%83%' | urldecode
'http://x' is uri
'http://x' is uri(['ftp', 'http'])
'file:///x' is url
'mailto:x' is url
'urn:x' is urn
'http:x' is urn
true | ternary('a', 'b')
none | ternary('a', 'b', 'c')
none | ternary('a', 'b')
5 | mandatory
x | mandatory
x | ternary(1, 2)
5 | type_debug
5.0 | type_debug
[] | type_debug
true | type_debug
'x' | type_debug
1000 | random(seed=42)
'abcdef' | random(seed='x')
[1, 2, 3, 4, 5] | shuffle(seed=7)
10 ** 12 | random(seed='big')
100 | random(start=50, step=7, seed=3)
[] | shuffle(seed=1)
[1, 2, 3] | random(start=1, seed=1)
'%Y-%m-%dT%H:%M:%S' | strftime(1700000000, utc=true)
'%j %a %b' | strftime(86400 * 40, utc=true)
'%s%%' | strftime('12.7', utc=true)
'' | strftime(0, utc=true)
'2024-02-29' | to_datetime('%Y-%m-%d')
'2023-02-29' | to_datetime('%Y-%m-%d')
'2024-060' | to_datetime('%Y-%j')
'Mar 5 24 1:02 PM' | to_datetime('%b %d %y %I:%M %p')
'2024-01-01T00:00:00+0230' | to_datetime('%Y-%m-%dT%H:%M:%S%z')
'2024-01-01 00:00:00.5' | to_datetime('%Y-%m-%d %H:%M:%S.%f')
'2024-01-01x' | to_datetime('%Y-%m-%d')
'2024' | to_datetime('%Q')
'12:30' | to_datetime('%H:%M')
'x' | hash('sha1')
'x' | hash('blake2s')
'x' | hash('sha224')
'x' | hash('nope')
'a' | to_uuid('00000000-0000-0000-0000-000000000000')
'a' | to_uuid(namespace='bad')
'secret' | password_hash('sha512', 'salt', rounds=5000)
'secret' | password_hash('md5', 'saltsalt')
'secret' | password_hash('md5', 'saltsaltsalt')
'secret' | password_hash('blowfish', '1234567890123456789012', rounds=4)
'secret' | password_hash('sha256', 'bad:salt')
'secret' | password_hash('sha256', 'abc', rounds=999)
'YQ==' | b64decode
'YQ' | b64decode
'Y Q = =' | b64decode
'_-8=' | b64decode(encoding='latin-1', urlsafe=true)
'é' | b64encode(encoding='latin-1')
[1] | to_json(indent=1)
{'a': [1, {}]} | to_nice_json(indent=1)
'[1, {"a": null}]' | from_json
'{"a": 1, "a": 2}' | from_json
'[1' | from_json
'x: [1, yes, ~]' | from_yaml
'[1, 2' | from_yaml
'a' | from_yaml_all | list
{'b': [1, {'c': none}], 'a': 'yes'} | to_yaml
{'b': [1, {'c': none}], 'a': 'yes'} | to_nice_yaml(indent=2)
[[1, 2], {}] | to_yaml(default_flow_style=false)
'x' | to_nice_yaml
query('items', [1, [2]], 3)
query('list', [1, [2]], 3)
query('dict', {'a': 1})
query('dict', {'a': 1}, {'b': 2})
query('nested', [[1, 2], 3], ['a'])
query('together', [1, 2], [3], [4, 5, 6])
query('indexed_items', ['a', ['b']])
query('sequence', 'start=10 end=0 stride=-5')
query('sequence', '2-8/3:n%03d')
query('sequence', 'count=2 format=%+d')
query('sequence', 'count=0')
query('sequence', 'start=1 end=4 stride=2 format=0x%02X')
query('sequence', 'format=x')
query('sequence', 'end=3 foo=1')
query('sequence', 'start=0 end=2 format=%5.1f|')
query('subelements', [{'a': 1, 'l': [1, 2]}, {'a': 2, 'l': []}], 'l')
query('subelements', [{'a': 1}], 'l')
query('subelements', [{'a': 1}], 'l', {'skip_missing': true})
query('subelements', {'x': {'l': [1]}}, 'l')
"""

cases = [e for e in EXPRESSIONS.strip("\n").split("\n")]
joined = []
for line in cases:
    if joined and joined[-1].count("'") % 2 == 1 and '"' not in joined[-1]:
        joined[-1] += "\n" + line
    else:
        joined.append(line)


def swift(text):
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif ord(c) < 0x20 or ord(c) >= 0x7F:
            out.append("\\u{%x}" % ord(c))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def plain(value):
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


target = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../TemplatingTests/Cases/AnsibleBuiltinCases.swift")
with open(target, "w", encoding="utf-8") as file:
    file.write("// Written by Tests/Recording/ansible_builtins.py from ansible-core; do not edit.\n\n"
               "// swift-format-ignore-file\n\nstruct AnsibleBuiltinCase: Sendable {\n  var expression: String\n"
               "  /// Python's repr, or `error`.\n  var expected: String\n\n"
               "  init(_ expression: String, _ expected: String) {\n    self.expression = expression\n"
               "    self.expected = expected\n  }\n\n  static let rows: [AnsibleBuiltinCase] = [\n")
    for expression in joined:
        templar = Templar(loader=DataLoader(), variables={})
        try:
            expected = repr(plain(templar.template(trust_as_template("{{ " + expression + " }}"))))
        except Exception as failure:
            expected = "error"
        file.write("    AnsibleBuiltinCase(%s, %s),\n" % (swift(expression), swift(expected)))
    file.write("  ]\n}\n")
print(len(joined), "rows")
