"""Large projects: every fault is still found. It prints the seconds; nothing is asserted of them."""

import time

import pytest

from channels_doctor.examination import examine_folder
from tests.doctor_projects import BASES, copy
from tests.doctor_scenes import write

VIEW = '''\
"""Class {n} of the school."""

from django.db import models
from django.http import JsonResponse


class Pupil{n}(models.Model):
    """Somebody who chats in the break."""

    name = models.CharField(max_length=80)
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE)

    def __str__(self):
        return f"{{self.name}} in {{self.room}}"


async def pupils(request, number):
    """List those who are here."""
    found = []
    async for pupil in Pupil{n}.objects.filter(room=number):
        if pupil.name.startswith("A"):
            found.append({{"name": pupil.name, "length": len(pupil.name)}})
    return JsonResponse({{"pupils": sorted(found, key=lambda one: one["name"])}})
'''
PAGE = """\
<ul id="pupils"></ul>
<script>
  const list = document.getElementById("pupils");
  const item = document.createElement("li");
  item.textContent = "Ana";
  list.append(item);
</script>
"""


def school(folder, count):
    """Write a healthy project with that many files: modules, and a page for every four."""
    copy(BASES / "chat", folder)
    modules = count * 4 // 5
    files = {
        f"school/class{n // 50}/views{n}.py": VIEW.format(n=n) for n in range(modules)
    }
    pages = range(count - modules)
    files |= {f"school/templates/school/page{n}.html": PAGE for n in pages}
    return write(folder, files)


@pytest.mark.parametrize("count", [3_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_large_project(tmp_path, count, capsys):
    folder = school(tmp_path, count)
    write(folder, {"school/class7/broken.py": "x = (\n"})
    start = time.perf_counter()
    seen = examine_folder(folder)
    took = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n{count} files: {took:.1f} s")
    broken = [(one.name, one.where) for one in seen.findings]
    assert broken == [("not-python", "school/class7/broken.py:1")]
    assert seen.notes == []
