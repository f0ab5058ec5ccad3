"""The effects of site.yaml for pyinfra: the same files, accounts, cron jobs and units, in the same order.

Its values are those of group_vars/all.yaml and its texts those of templates/ and files/, so that a machine that
ansible-playbook or omtd-setup has set up is left alone. Not here: `assert`, `set_fact` and `debug`, which have
no effect on a machine; `stat` and `command` are facts.
"""

import hashlib
import io
import json
import pathlib

import jinja2
import yaml
from pyinfra import host, inventory
from pyinfra.facts.files import File, Sha1File
from pyinfra.facts.hardware import Cpus, Ipv4Addrs
from pyinfra.facts.server import Arch, Command, Hostname, LinuxDistribution
from pyinfra.operations import crontab, files, server, systemd

HERE = pathlib.Path(__file__).resolve().parent

# --- values and templates -----------------------------------------------------------------------

environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"), trim_blocks=True, keep_trailing_newline=True
)
environment.filters.update(
    bool=lambda value: value in (True, 1, "yes", "true", "True", "on", "1"),
    ternary=lambda value, yes, no: yes if value else no,
    hash=lambda text, name: hashlib.new(name, str(text).encode()).hexdigest(),
    to_nice_json=lambda value: json.dumps(value, indent=4, sort_keys=True, separators=(",", ": ")),
)


def render(value, known):
    if isinstance(value, str):
        return environment.from_string(value).render(known)
    if isinstance(value, list):
        return [render(item, known) for item in value]
    if isinstance(value, dict):
        return {key: render(item, known) for key, item in value.items()}
    return value


raw = yaml.safe_load((HERE / "group_vars" / "all.yaml").read_text())
values = render(raw, raw)
stages = values["fifty_stages"]
limits = values["fifty_limits"]
release = values["fifty_release"]
user = values["fifty_user"]

distribution = host.get_fact(LinuxDistribution)
address = next(found for name, found in host.get_fact(Ipv4Addrs).items() if name != "lo")[0]
distribution_name = distribution["name"].split()[0]
values.update(
    ansible_managed="Ansible managed",
    inventory_hostname=host.name,
    ansible_hostname=host.get_fact(Hostname).split(".")[0],
    ansible_distribution=distribution_name,
    ansible_distribution_major_version=str(distribution["major"]),
    ansible_default_ipv4={"address": address},
    ansible_processor_vcpus=host.get_fact(Cpus),
    ansible_facts={"distribution": distribution_name, "architecture": host.get_fact(Arch)},
    ansible_play_hosts_all=[member.name for member in inventory],
    fifty_instance=f"{host.name}-{release.replace('.', '_')}",
    fifty_workers=sum(stage["workers"] for stage in stages),
)


def text(content):
    return io.StringIO(content)


def template(name, **more):
    return text(environment.get_template(name).render({**values, **more}))


assert distribution_name == "Debian"

# --- people -------------------------------------------------------------------------------------

server.hostname(name="The machine bears the name of the inventory", hostname=host.name)

for group in values["fifty_groups"]:
    server.group(name=f"Group {group['name']}", group=group["name"], gid=group["gid"])

server.user(
    name="The user of the service",
    user=user,
    uid=values["fifty_uid"],
    group="fifty",
    home="/opt/fifty",
    ensure_home=False,
    shell="/usr/sbin/nologin",
    comment="Service of Fifty",
)
for person in values["fifty_people"]:
    server.user(
        name=f"User {person['name']}",
        user=person["name"],
        uid=person["uid"],
        group="fifty",
        groups=person["groups"],
        append=True,
        comment=person["comment"],
        shell="/bin/sh",
        ensure_home=False,
    )

# --- directories --------------------------------------------------------------------------------

for path in values["fifty_directories"]:
    files.directory(name=f"Directory {path}", path=path, user="root", group="root", mode="755")
files.directory(
    name="Directory of the secrets", path="/etc/fifty/private", user=user, group="fifty-admin", mode="710"
)
for stage in stages:
    files.directory(
        name=f"Shared directory {stage['name']}",
        path=f"/srv/fifty/share/{stage['name']}",
        user=user,
        group="fifty-data",
        mode="2775",
    )

# --- files as they are --------------------------------------------------------------------------

watched = []  # operations that make the service start anew

files.put(
    name="Release mark", src=text(f"{release}\n"), dest=f"/opt/fifty/releases/{release}/RELEASE", mode="644"
)
for stage in stages:
    watched.append(
        files.put(
            name=f"Environment of {stage['name']}",
            src=text(f"STAGE={stage['name']}\nORDER={stage['order']}\nWORKERS={stage['workers']}\n"),
            dest=f"/etc/fifty/env.d/{stage['order']}-{stage['name']}.env",
            user="root",
            group="fifty",
            mode="640",
        )
    )
for program in ("fifty", "report"):
    watched.append(
        files.put(
            name=f"Program {program}",
            src=str(HERE / "files" / f"{program}.sh"),
            dest=f"/opt/fifty/bin/{program}",
            mode="755",
        )
    )
for language in ("el", "en"):
    files.put(
        name=f"Word list {language}",
        src=str(HERE / "files" / f"words.{language}.txt"),
        dest=f"/opt/fifty/lib/words.{language}.txt",
        mode="644",
    )
files.directory(
    name="A tree of files, its directory", path="/srv/fifty/www/css", user="root", group="fifty-data", mode="755"
)
for path in ("css/fifty.css", "robots.txt"):
    files.put(
        name=f"A tree of files, {path}",
        src=str(HERE / "files" / "www" / path),
        dest=f"/srv/fifty/www/{path}",
        user="root",
        group="fifty-data",
        mode="644",
    )
if not host.get_fact(File, path="/etc/fifty/limits.conf"):
    files.put(
        name="A first version of the limits",
        src=text("# limits of fifty\n[files]\nsoft = 1024\nhard = 1024\n\n[processes]\nmax=64\n"),
        dest="/etc/fifty/limits.conf",
        mode="644",
    )

# --- templates ----------------------------------------------------------------------------------

watched.append(
    files.put(
        name="Main configuration",
        src=template("fifty.conf.j2"),
        dest="/etc/fifty/fifty.conf",
        user="root",
        group="fifty",
        mode="640",
    )
)
for index, stage in enumerate(stages):
    watched.append(
        files.put(
            name=f"Configuration of {stage['name']}",
            src=template("stage.conf.j2", item=stage, stage_index=index),
            dest=f"/etc/fifty/conf.d/{stage['order']}-{stage['name']}.conf",
            mode="644",
        )
    )
files.put(
    name="Start page",
    src=template("index.html.j2"),
    dest="/srv/fifty/www/index.html",
    user="root",
    group="fifty-data",
    mode="644",
)
files.put(name="Machines of the group", src=template("peers.j2"), dest="/etc/fifty/peers", mode="644")
files.put(
    name="Settings as JSON", src=template("settings.json.j2"), dest="/srv/fifty/www/settings.json", mode="644"
)
files.put(name="Message of the day", src=template("motd.j2"), dest="/etc/fifty/motd", mode="644")
files.put(
    name="Token of the instance",
    src=template("token.j2"),
    dest="/etc/fifty/private/token",
    user=user,
    group="fifty-admin",
    mode="600",
)

# --- edits in place -----------------------------------------------------------------------------

LIMITS = "/etc/fifty/limits.conf"
for name, line, replace in (
    ("Soft limit", "^soft = .*$", f"soft = {limits['soft_files']}"),
    ("Hard limit", "^hard = .*$", f"hard = {limits['hard_files']}"),
    ("Processes", "^max=.*$", f"max={limits['processes']}"),
):
    files.line(name=name, path=LIMITS, line=line, replace=replace)
files.line(name="An obsolete key goes", path=LIMITS, line="^obsolete .*$", present=False)
files.line(name="A key below its heading", path=LIMITS, line=f"owner = {user}")
for key, value in (
    ("FIFTY_PORT", values["fifty_port"]),
    ("FIFTY_INSTANCE", values["fifty_instance"]),
    ("FIFTY_WORKERS", values["fifty_workers"]),
):
    watched.append(
        files.line(
            name=f"Default {key}", path="/etc/fifty/defaults", line=f"^{key}=.*$", replace=f"{key}={value}"
        )
    )
files.block(
    name="A block of limits",
    path=LIMITS,
    content="[memory]\nusual = 256M\nmost = 512M",
    marker="# {mark} ANSIBLE MANAGED BLOCK",
)
for stage in stages:
    files.block(
        name=f"Block {stage['name']}",
        path="/etc/fifty/peers.allow",
        content=f"{stage['name']}: {stage.get('notify', 'nobody@example.org')} {stage['workers']}",
        marker="# {mark} " + stage["name"],
    )
files.block(
    name="A block before a heading",
    path=LIMITS,
    content="[network]\nconnections = 128",
    marker="# {mark} network",
    line=r"^\[processes\]",
    before=True,
)

# --- links and what should not be ---------------------------------------------------------------

files.link(name="Current release", path="/opt/fifty/current", target=f"releases/{release}")
for language in ("el", "en"):
    files.link(
        name=f"Link to word list {language}",
        path=f"/srv/fifty/data/{language}.txt",
        target=f"/opt/fifty/lib/words.{language}.txt",
    )
if not host.get_fact(File, path="/srv/fifty/www/RELEASE"):  # its own link operation knows symbolic ones only
    server.shell(
        name="A second name of the same file",
        commands=[f"ln /opt/fifty/releases/{release}/RELEASE /srv/fifty/www/RELEASE"],
    )
for path in ("/etc/fifty/fifty.conf.old", "/srv/fifty/www/index.htm"):
    files.file(name=f"No {path}", path=path, present=False)
for path in ("/opt/fifty/releases/0.9.0", "/srv/fifty/data/tmp"):
    files.directory(name=f"No {path}", path=path, present=False)
files.file(
    name="A journal that may hold anything",
    path="/srv/fifty/data/journal.log",
    user=user,
    group="fifty-data",
    mode="664",
)

# --- look, then act -----------------------------------------------------------------------------

checksum = host.get_fact(Sha1File, path="/opt/fifty/current/RELEASE")
account = host.get_fact(Command, command=f"getent passwd {user} || true")
program = host.get_fact(Command, command="/opt/fifty/bin/fifty --version || true")
if not host.get_fact(File, path="/srv/fifty/data/installed"):
    files.put(
        name="Mark of the first installation",
        src=text(f"{release} {checksum}\n"),
        dest="/srv/fifty/data/installed",
        mode="444",
    )
if account:
    number = account.split(":")[2]
    files.put(
        name="What was found",
        src=text(f"account {user} uid {number}\nprogram {program}\nrelease {checksum}\n"),
        dest="/srv/fifty/www/found.txt",
        mode="644",
    )

# --- what runs ----------------------------------------------------------------------------------

for stage in stages:
    crontab.crontab(
        name=f"Timed work {stage['name']}",
        command=f"/opt/fifty/bin/report {stage['name']} >/dev/null 2>&1",
        user=user,
        minute=str(stage["order"]),
        hour=f"*/{stage['workers']}",
    )
files.put(
    name="Nightly work in a file of its own",
    src=text("#Ansible: fifty nightly\n#17 3 * * 1-5 root /opt/fifty/bin/report nightly\n"),
    dest="/etc/cron.d/fifty-nightly",
    mode="644",
)
unit = files.put(
    name="Unit of the service",
    src=template("fifty.service.j2"),
    dest="/etc/systemd/system/fifty.service",
    mode="644",
)
watched.append(unit)
reports = [
    files.put(
        name=f"Unit of the report, {kind}",
        src=template(f"fifty-report.{kind}.j2"),
        dest=f"/etc/systemd/system/fifty-report.{kind}",
        mode="644",
    )
    for kind in ("service", "timer")
]
systemd.daemon_reload(
    name="New units are read", _if=lambda: any(operation.did_change() for operation in [unit, *reports])
)
systemd.service(name="The service runs", service="fifty.service", running=True, enabled=True)
systemd.service(name="The report is timed", service="fifty-report.timer", running=True, enabled=True)
systemd.service(name="The clock of the cron jobs runs", service="cron.service", running=True, enabled=True)
systemd.service(
    name="Start the service anew",
    service="fifty.service",
    restarted=True,
    _if=lambda: any(operation.did_change() for operation in watched),
)
systemd.service(
    name="Start the timer anew",
    service="fifty-report.timer",
    restarted=True,
    _if=lambda: any(operation.did_change() for operation in reports),
)
