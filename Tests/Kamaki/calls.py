# Calls of kamaki 0.16 against a running sandbox, under CPython 2.7. kamaki shares no code with the
# sandbox, checks success codes exactly, and takes keys out of replies without asking if they are there.
#
# usage: python2.7 calls.py KAMAKI-PROGRAM   (configuration in $KAMAKI_CONFIG)
# Prints a line for each call; the exit status is 1 when one of them failed.
from __future__ import print_function

import json
import os
import subprocess
import sys
import time

KAMAKI = sys.argv[1]
TEXT = (type(u''), str)
ID = TEXT + (int,)
NULL = type(None)

# Keys that a reply must have, and what may stand there: the objects that Synnefo documents.
SERVER = {'id': int, 'name': TEXT, 'status': TEXT, 'SNF:task_state': TEXT, 'user_id': TEXT,
          'tenant_id': TEXT, 'created': TEXT, 'updated': TEXT, 'flavor': dict, 'image': dict,
          'metadata': dict, 'attachments': list, 'addresses': dict, 'volumes': list,
          'SNF:fqdn': TEXT + (NULL,), 'SNF:port_forwarding': dict, 'suspended': bool,
          'deleted': bool, 'diagnostics': list}
FLAVOR = {'id': int, 'name': TEXT, 'vcpus': int, 'ram': int, 'disk': int,
          'SNF:disk_template': TEXT}
IMAGE = {'id': TEXT, 'name': TEXT, 'size': int, 'status': TEXT, 'owner': TEXT, 'properties': dict,
         'disk_format': TEXT, 'container_format': TEXT, 'is_public': bool}
NETWORK = {'id': TEXT, 'name': TEXT, 'status': TEXT, 'type': TEXT, 'public': bool,
           'tenant_id': TEXT + (NULL,), 'subnets': list, 'router:external': bool}
ADDRESS = {'id': TEXT, 'floating_ip_address': TEXT, 'floating_network_id': TEXT,
           'port_id': TEXT + (NULL,), 'instance_id': ID + (NULL,)}

failures = 0
current = ''


def check(holds, what):
    global failures
    if not holds:
        failures += 1
        print('FAIL  %s: %s' % (current, what))


def shaped(value, shape):
    if not isinstance(value, dict):
        check(False, 'not an object: %r' % (value,))
        return
    for key, kinds in sorted(shape.items()):
        check(key in value, 'lacks `%s`' % key)
        if key in value:
            kind_is_bool = isinstance(value[key], bool) and kinds is not bool
            check(isinstance(value[key], kinds) and not kind_is_bool,
                  '`%s` is %r' % (key, value[key]))


def kamaki(*words, **options):
    """The output of one call, parsed where it is JSON; None when it failed."""
    global failures, current
    current = 'kamaki ' + ' '.join(words)
    command = [sys.executable, KAMAKI] + list(words)
    if options.get('is_json', True):
        command += ['--output-format', 'json']
    process = subprocess.Popen(['timeout', '100'] + command, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(options.get('answer', ''))
    expected = options.get('status', 0)
    if (process.returncode != 0) != (expected != 0):
        failures += 1
        print('FAIL  %s: exit status %d\n      %s' % (
            current, process.returncode, (err or out).strip().replace('\n', '\n      ')))
        return None
    print('ok    ' + current)
    if not options.get('is_json', True) or expected != 0:
        return out + err
    try:
        return json.loads(out)
    except ValueError:
        check(False, 'prints no JSON: %r' % out[:300])
        return None


def listed(words, shape, least=1):
    items = kamaki(*words)
    check(isinstance(items, list) and len(items or []) >= least,
          'a list of %d at least, not %r' % (least, items))
    for item in items or []:
        shaped(item, shape)
    return items or []


def wait_until(what, read, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if read():
            return
        time.sleep(0.5)
    check(False, what)


def server(number):
    return kamaki('server', 'info', number) or {}


# --- who, how much

user = kamaki('user', 'info')
shaped(user, {'id': TEXT, 'name': TEXT})
check(kamaki('user', 'authenticate') is not None, 'no answer')
quotas = kamaki('quota', 'list')
for project in (quotas or {}).values():
    for name in ('cyclades.vm', 'cyclades.ram', 'cyclades.floating_ip', 'pithos.diskspace'):
        check(name in project, 'lacks `%s`' % name)
        shaped(project.get(name), {
            'usage': int, 'limit': int, 'pending': int, 'project_usage': int,
            'project_limit': int, 'project_pending': int})
check(bool(quotas), 'no project')
projects = listed(['project', 'list', '-l'], {'id': TEXT, 'name': TEXT, 'state': TEXT})

# --- flavors, images

flavors = listed(['flavor', 'list', '-l'], FLAVOR, 2)
shaped(kamaki('flavor', 'info', str(flavors[0]['id'])), FLAVOR)
images = listed(['image', 'list', '-l'], IMAGE, 2)
image = [item for item in images if item['name'] == 'debian-12'][0]
# Made of headers, so everything is text.
shaped(kamaki('image', 'info', image['id']), {'id': TEXT, 'name': TEXT, 'size': TEXT,
                                              'properties': dict})
listed(['imagecompute', 'list', '-l'], {'id': TEXT, 'name': TEXT, 'status': TEXT, 'metadata': dict})

# --- networks, addresses

networks = listed(['network', 'list', '-l'], NETWORK)
public = [item for item in networks if item['public']][0]
private = kamaki('network', 'create', '--name', 'kamaki-net')
shaped(private, NETWORK)
subnet = kamaki('subnet', 'create', '--network-id', private['id'], '--cidr', '10.11.12.0/24')
shaped(subnet, {'id': TEXT, 'cidr': TEXT, 'network_id': TEXT, 'ip_version': int,
                'allocation_pools': list})
address = kamaki('ip', 'create', '--network-id', public['id'])
shaped(address, ADDRESS)
listed(['ip', 'list'], ADDRESS)
shaped(kamaki('ip', 'info', address['id']), ADDRESS)

# --- servers

key = os.environ['KAMAKI_TEST_KEY']
made = kamaki('server', 'create', '--name', 'kamaki one', '--flavor-id', str(flavors[0]['id']),
              '--image-id', image['id'],
              '--network', '%s,%s' % (public['id'], address['floating_ip_address']),
              '--network', private['id'], '-m', 'colour=green', '--wait',
              '-p', '%s,/root/.ssh/authorized_keys,root,root,0600' % key)
one = made[0] if isinstance(made, list) else made
shaped(one, SERVER)
check(isinstance((one or {}).get('adminPass'), TEXT), 'no adminPass')
number = str(one['id'])
wait_until('does not become ACTIVE', lambda: server(number).get('status') == 'ACTIVE')
found = server(number)
shaped(found, SERVER)
check(found['metadata'].get('colour') == 'green', 'metadata: %r' % found['metadata'])
check(found['addresses'][public['id']][0]['addr'] == address['floating_ip_address'],
      'addresses: %r' % found['addresses'])
check(sorted(nic['network_id'] for nic in found['attachments'])
      == sorted([public['id'], private['id']]), 'attachments: %r' % found['attachments'])
check(len(listed(['server', 'list', '-l'], SERVER)) == 1, 'one server')
check(kamaki('ip', 'info', address['id'])['instance_id'] in (number, one['id']), 'instance_id')
after = kamaki('quota', 'list', '--resource', 'cyclades.vm')
check([project['cyclades.vm']['usage'] for project in after.values()] == [1], '%r' % after)
kamaki('server', 'modify', number, '--name', 'renamed', is_json=False)
check(server(number).get('name') == 'renamed', 'name')
kamaki('server', 'modify', number, '--metadata-set', 'size=9', is_json=False)
check(server(number)['metadata'] == dict(found['metadata'], size='9'), 'metadata after modify')
ports = listed(['port', 'list', '-l'], {'id': TEXT, 'network_id': TEXT, 'status': TEXT,
                                        'device_id': ID, 'mac_address': TEXT, 'fixed_ips': list}, 2)
kamaki('server', 'shutdown', number, '--wait', is_json=False)
wait_until('does not stop', lambda: server(number).get('status') == 'STOPPED')
kamaki('server', 'start', number, '--wait', is_json=False)
wait_until('does not start', lambda: server(number).get('status') == 'ACTIVE')
kamaki('server', 'reboot', number, is_json=False)
wait_until('does not come back', lambda: server(number).get('SNF:task_state') == '')
kamaki('network', 'delete', private['id'], is_json=False, status=1)
kamaki('server', 'delete', number, '--wait', is_json=False)
wait_until('is not deleted', lambda: server(number).get('status') == 'DELETED')
check(kamaki('server', 'list', '-l') == [], 'a server is left')
kamaki('server', 'info', '99999', status=1, is_json=False)

# --- and back

check(kamaki('ip', 'info', address['id'])['instance_id'] is None, 'the address is not free')
kamaki('ip', 'delete', address['id'], is_json=False)
check(kamaki('ip', 'list') == [], 'an address is left')
kamaki('network', 'delete', private['id'], is_json=False)
wait_until('the network stays', lambda: len(kamaki('network', 'list', '-l') or []) == len(networks))

# --- files

kamaki('container', 'create', 'boxes', is_json=False)
listed(['container', 'list', '-l'], {'name': TEXT, 'bytes': int, 'count': int})
big = key + '.big'
with open(big, 'wb') as file:
    file.write(b'0123456789abcdef' * 270000 + b'\0' * 100)  # two blocks, the last ends in zeros
for path, name in ((key, 'dir/key.txt'), (big, 'dir/big')):
    kamaki('file', 'upload', path, '/boxes/' + name, is_json=False)
    names = [item['name'] for item in listed(['file', 'list', '/boxes', '-l'],
                                             {'name': TEXT, 'bytes': int, 'hash': TEXT})]
    check(name in names, 'names: %r' % names)
    info = kamaki('file', 'info', '/boxes/' + name)
    check(int((info or {}).get('content-length', -1)) == os.path.getsize(path), '%r' % info)
    kamaki('file', 'download', '/boxes/' + name, path + '.back', is_json=False)
    check(os.path.exists(path + '.back')
          and open(path + '.back', 'rb').read() == open(path, 'rb').read(), 'other bytes')
    kamaki('file', 'delete', '/boxes/' + name, '--yes', is_json=False)
check(kamaki('file', 'list', '/boxes', '-l') == [], 'an object is left')
kamaki('container', 'delete', 'boxes', '--yes', is_json=False)

print('%d failed' % failures)
sys.exit(1 if failures else 0)
