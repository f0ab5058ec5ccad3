"""Writes what a run of ansible-playbook did, host by host, to the file named by EXAMPLE_TAPE."""

import json
import os

from ansible.executor.stats import AggregateStats
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: example_tape
type: stdout
short_description: records the results of a run as JSON
description: the oracle for the example projects
"""

SAYING = ("debug", "fail", "assert")
INCLUDING = ("include_tasks", "include_role")
RUNNING = ("command", "shell", "raw", "script")

# The failing host's last count tells a rescued failure from a final one: the strategy counts first.
last_count = {}
count = AggregateStats.increment


def counting(self, what, host):
    last_count[host] = what
    return count(self, what, host)


AggregateStats.increment = counting


def short(action):
    return action.rsplit(".", 1)[-1]


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "example_tape"

    def __init__(self):
        super().__init__()
        self.headings = []
        self.results = {}
        self.items = {}
        self.headed = None

    # Headings, in order of start

    def v2_playbook_on_play_start(self, play):
        self.headings.append("PLAY " + play.get_name().strip())
        self.headed = None
        self.ordered = play.strategy == "linear"

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.head("TASK ", task)

    def v2_playbook_on_handler_task_start(self, task):
        self.head("HANDLER ", task)

    def head(self, kind, task):
        """A meta task is announced for each host, under `free` each task is: no repetitions here."""
        if self.ordered and task._uuid != self.headed:
            self.headings.append(kind + task.get_name().strip())
        self.headed = task._uuid

    # Results

    def v2_runner_on_ok(self, result):
        if short(result._task.action) in INCLUDING:  # noted, and counted, for each file or role
            self.items.pop((result._host.get_name(), result._task._uuid), None)
            return
        self.note(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        host = result._host.get_name()
        rescued = last_count.get(host) == "rescued"
        self.note(result, "ignored" if ignore_errors else "rescued" if rescued else "failed")

    def v2_runner_on_skipped(self, result):
        self.note(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.note(result, "unreachable")

    def v2_playbook_on_include(self, included_file):
        for host in included_file._hosts:
            self.results.setdefault(host.get_name(), []).append({
                "task": included_file._task.get_name().strip(),
                "action": short(included_file._task.action),
                "status": "ok",
                "included": os.path.relpath(str(included_file._filename), os.getcwd()),
            })

    def v2_runner_item_on_ok(self, result):
        self.note_item(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_item_on_failed(self, result):
        self.note_item(result, "failed")

    def v2_runner_item_on_skipped(self, result):
        self.note_item(result, "skipped")

    def v2_playbook_on_stats(self, stats):
        hosts = sorted(stats.processed)
        with open(os.environ["EXAMPLE_TAPE"], "w") as tape:
            json.dump({
                "headings": self.headings,
                "results": dict(sorted(self.results.items())),
                "stats": {host: stats.summarize(host) for host in hosts},
            }, tape)

    # The parts of a result that are kept

    def note(self, result, status):
        task, values, host = result._task, result._result, result._host.get_name()
        row = {"task": task.get_name().strip(), "action": short(task.action), "status": status}
        if status == "unreachable" and task.ignore_unreachable:
            row["ignored"] = True
        row.update(self.content(task, values, status))
        delegate = values.get("_ansible_delegated_vars", {}).get("ansible_delegated_host")
        if delegate:
            row["delegated_to"] = delegate
        items = self.items.pop((host, task._uuid), None)
        if items is not None:
            row["items"] = items
        self.results.setdefault(host, []).append(row)

    def note_item(self, result, status):
        task, values = result._task, result._result
        row = {"item": self._get_item_label(values), "status": status}
        row.update(self.content(task, values, status))
        delegate = values.get("_ansible_delegated_vars", {}).get("ansible_delegated_host")
        if delegate:
            row["delegated_to"] = delegate
        self.items.setdefault((result._host.get_name(), task._uuid), []).append(row)

    def content(self, task, values, status):
        if values.get("_ansible_no_log"):
            return {"censored": True}
        action = short(task.action)
        if "results" in values and task.loop is not None:
            return {}
        kept = {}
        if action in SAYING and status != "skipped":
            if action == "debug" and status in ("failed", "ignored", "rescued"):
                pass  # a template that failed: the words are Ansible's own
            elif "msg" in values:
                kept["msg"] = values["msg"]
            elif action == "debug":
                kept["var"] = {
                    key: value for key, value in values.items()
                    if key not in ("changed", "failed", "item", "ansible_loop_var",
                                   "ansible_index_var", "ansible_loop")
                    and not key.startswith("_ansible")
                }
        if action in RUNNING:
            for key in ("rc", "stdout"):
                if key in values:
                    kept[key] = values[key]
        if "attempts" in values:
            kept["attempts"] = values["attempts"]
        return kept
