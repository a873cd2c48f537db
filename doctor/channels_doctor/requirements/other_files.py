"""Reading what is asked for elsewhere: conda, setup.py, setup.cfg, Pipfile.lock, commands."""

import ast
import configparser
import json
import re
from collections.abc import Iterator

from channels_doctor.requirements.need import Need, read_need
from channels_doctor.requirements.pip_files import beside
from channels_doctor.requirements.together import RequirementsFile


def read_conda(file: str, text: str) -> RequirementsFile | None:
    """Read environment.yml by its indents: Python has no YAML in its library.

    None for a file of that name that is for something else.
    """
    if not re.search(r"(?m)^dependencies:", text):
        return None
    read = RequirementsFile(file, "conda")
    is_inside = is_pip = False
    width = 0
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if re.match(r"\S", line) and not line.startswith("-"):
            is_inside = line.startswith("dependencies:")
        found = re.match(r"(\s*)-\s*[\"']?([^\"']+)", line)
        if not is_inside or not found:
            continue
        where, text_of_need = f"{file}:{number}", found[2].strip()
        if is_pip and len(found[1]) > width:
            read_conda_pip(read, text_of_need, where)
        elif text_of_need == "pip:":
            is_pip, width = True, len(found[1])
        else:
            is_pip = False
            read_conda_need(read, text_of_need, where)
    return read


def read_conda_pip(read: RequirementsFile, text: str, where: str) -> None:
    """Read a line below `pip:`, which is one of pip's."""
    if included := re.match(r"-r\s*(\S+)", text):
        read.includes.append((beside(read.file, included[1]), where))
    elif need := read_need(text, where):
        read.needs.append(need)
    else:
        read.is_complete = False


def read_conda_need(read: RequirementsFile, text: str, where: str) -> None:
    """Read `- channels=4.3.2=py_0`, one of conda's own."""
    text = text.rpartition("::")[2]
    found = re.match(r"([\w.-]+)\s*(?:=(\d[\w.*]*)(?:=.*)?|([<>=!~].*))?$", text)
    if not found:
        read.is_complete = False
        return
    version = found[2] or ""
    spec = f"=={version.rstrip('.*')}.*" if version else (found[3] or "")
    need = read_need(found[1] + spec, where)
    if need and need.name == "python":
        read.python.append(Need("python", need.spec, where, text=text))
    elif need:
        name, spec = need.name, need.spec
        read.needs.append(Need(name, spec, where, text=text, is_from_conda=True))


def read_setup_cfg(file: str, text: str) -> RequirementsFile | None:
    """Read install_requires of setup.cfg."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    lines = parser.get("options", "install_requires", fallback="").splitlines()
    if not lines:
        return None
    read = RequirementsFile(file, "pip")
    for line in filter(None, map(str.strip, lines)):
        found = re.search(rf"(?m)^.*{re.escape(line)}", text)
        where = f"{file}:{text.count(chr(10), 0, found.start()) + 1}" if found else file
        if need := read_need(line, where):
            read.needs.append(need)
    return read


def read_setup_py(file: str, text: str) -> RequirementsFile | None:
    """Read install_requires of setup.py, where it's a plain list; None without a setup()."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    setup = [call for call in calls if ast.unparse(call.func).endswith("setup")]
    if not setup:
        return None
    read = RequirementsFile(file, "quoted")
    for keyword in setup[0].keywords:
        if keyword.arg != "install_requires":
            continue
        if not isinstance(keyword.value, ast.List):
            read.is_complete = False
            continue
        for item in keyword.value.elts:
            read_item(read, item)
    return read


def read_item(read: RequirementsFile, item: ast.expr) -> None:
    """Read one line of the list in setup.py."""
    match item:
        case ast.Constant(value=str(line)):
            if need := read_need(line, f"{read.file}:{item.lineno}"):
                read.needs.append(need)
        case _:
            read.is_complete = False


def read_pipfile_lock(file: str, text: str) -> RequirementsFile:
    """Read Pipfile.lock: every package, at one version."""
    read = RequirementsFile(file, "lock", is_lock=True)
    try:
        parts = json.loads(text)
        packages = {**parts["default"], **parts["develop"]}
        versions = {name: str(one.get("version", "")) for name, one in packages.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        read.is_complete = False
        return read
    lines = {line.strip(' ":{'): n for n, line in enumerate(text.splitlines(), 1)}
    for name, version in versions.items():
        where = f"{file}:{lines[name]}" if name in lines else file
        need = read_need(name + version, where, is_from_lock=True)
        read.needs += [need] if need else []
    return read


INSTALL = re.compile(
    r"\b(?:pip[\d.]*|pipx|uv\s+pip)\s+install\s+|\b(?:uv|poetry|pipenv|pdm)\s+(?:add|install)\s+"
    r"|\bconda\s+install\s+"
)


def read_commands(file: str, text: str) -> RequirementsFile | None:
    """Read `pip install x y` in a Dockerfile, a README or a script; None if there is none."""
    form = "prose" if re.search(r"readme[^/]*$", file, re.IGNORECASE) else "command"
    read = RequirementsFile(file, form)
    for number, line in logical_lines(text):
        for found in INSTALL.finditer(line):
            rest = re.split(r"&&|\|\||[;|)`]\s*(?:$|\w)|\s#", line[found.end() :])[0]
            read_arguments(read, rest, f"{file}:{number}")
    for found in re.finditer(
        r"(?mi)^FROM\s+(?:--\S+\s+)?(?:\S+/)?python:(\d+\.\d+)\S*", text
    ):
        where = f"{file}:{text.count(chr(10), 0, found.start()) + 1}"
        version = Need("python", f"=={found[1]}.*", where, text=found[1])
        read.python.append(version)
    return read if read.needs or read.includes or read.python else None


def read_arguments(read: RequirementsFile, arguments: str, where: str) -> None:
    """Read what stands after `pip install`."""
    words = arguments.replace("`", " ").split()
    while words:
        word = words.pop(0).strip("\"'.,:`")
        if word in ("-r", "--requirement") and words:
            read.includes.append((words.pop(0).strip("\"'.,:`"), where))
        elif not word.startswith("-") and "." not in word.split("=")[0]:
            if (need := read_need(word.replace('"', ""), where)) and not need.error:
                read.needs.append(need)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with those that they go on in, and the number of the first."""
    start, whole = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if whole else number
        whole += line.rstrip("\\")
        if not line.endswith("\\"):
            yield start, whole
            whole = ""


def read_python_version(file: str, text: str) -> RequirementsFile | None:
    """Read .python-version or runtime.txt; None if no version of Python stands in it."""
    found = re.match(r"\s*(?:python-)?(3\.\d+)(?:\.\d+)?\s*$", text)
    if not found:
        return None
    python = Need("python", f"=={found[1]}.*", f"{file}:1", text=found[1])
    return RequirementsFile(file, "python", python=[python])
