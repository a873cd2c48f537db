"""How the doctor reads start commands, whatever file they're in."""

import pytest

from tests.doctor_projects import BASES, copy

DAPHNE = "daphne -b 0.0.0.0 mysite.asgi:application"
IMAGE = "FROM python:3.13\nWORKDIR /app\nCOPY . .\n"


def start_commands(folder, files):
    """Return the start commands of a project that consists of these files."""
    from channels_doctor.examination import projects_in

    for name, text in {"manage.py": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return [one for project in projects_in(folder) for one in project.start_commands]


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("Procfile", f"release: python manage.py migrate\nweb: {DAPHNE}\n", 2),
        ("Procfile", f"web: PORT=80 exec poetry run {DAPHNE}", 1),
        ("Procfile", f"web: newrelic-admin run-program {DAPHNE}", 1),
        ("Procfile", f"web: cd . && python -u -m {DAPHNE}\r\n", 1),
        ("Dockerfile", f"{IMAGE}CMD {DAPHNE}", 4),
        ("Dockerfile", f"{IMAGE}CMD sleep 1; \\\n  # now\n  {DAPHNE}\n", 6),
        ("Dockerfile", f'{IMAGE}CMD ["sh", "-c", "exec {DAPHNE}"]\n', 4),
        ("Dockerfile", f"FROM a AS one\nCMD {DAPHNE}\nFROM one\nEXPOSE 80\n", 2),
        ("Dockerfile", f"FROM a AS one\nCMD granian x\n{IMAGE}CMD {DAPHNE}\n", 6),
        ("Dockerfile", f"{IMAGE}RUN <<END\nCMD granian x\nEND\nCMD {DAPHNE}\n", 7),
        ("compose.yml", f"services:\n  web:\n    command: {DAPHNE}  # here\n", 3),
        ("compose.yml", f"services:\n  web:\n    command: >\n      {DAPHNE}\n", 4),
        (
            "compose.yml",
            "services:\n  web:\n    command:\n    - daphne\n    - -b\n    - 0.0.0.0\n"
            "    - mysite.asgi:application\n",
            4,
        ),
        (
            "compose.yml",
            'services:\n  web:\n    entrypoint: ["daphne", "-b",\n      "0.0.0.0"]\n'
            "    command: mysite.asgi:application",
            3,
        ),
        ("chat.service", f"[Service]\nExecStart=/srv/venv/bin/{DAPHNE}", 2),
        ("chat.conf", f"[program:chat]\ncommand = {DAPHNE}\n", 2),
        ("render.yaml", f'services:\n- type: web\n  startCommand: "{DAPHNE}"\n', 3),
        ("fly.toml", f'[processes]\nweb = "{DAPHNE}"\n[env]\nx = "daphne y"\n', 2),
        ("railway.json", f'{{"deploy": {{\n"startCommand": "{DAPHNE}"\n}}}}', 2),
        ("nixpacks.toml", f"[start]\ncmd = '{DAPHNE}'\n", 2),
    ],
)
def test_a_command_is_found_wherever_it_is(tmp_path, file, text, line):
    [command] = start_commands(tmp_path, {file: text})
    assert (command.server, command.option("-b", "--bind")) == ("daphne", "0.0.0.0")
    assert (command.module, command.attribute) == ("mysite.asgi", "application")
    assert command.where == f"{file}:{line}"


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        (IMAGE, ""),
        (IMAGE + "WORKDIR backend\n", "backend/"),
        ("FROM a\nENV HOME=/srv\nWORKDIR $HOME\nCOPY backend/ .\n", "backend/"),
        ("FROM a\nCOPY ./backend /srv/chat/\nWORKDIR /srv/chat\n", "backend/"),
        ("FROM a\nARG PLACE\nWORKDIR $PLACE\nCOPY . .\n", None),
        ("FROM a\nWORKDIR /app\nCOPY --from=builder /app .\n", None),
    ],
)
def test_an_image_runs_its_command_in_a_folder_of_the_project(tmp_path, text, folder):
    files = {"backend/chat.py": "", "Dockerfile": f"{text}CMD {DAPHNE}\n"}
    [command] = start_commands(tmp_path, files)
    assert command.folder == folder


def test_a_script_runs_in_the_place_of_its_caller(tmp_path):
    files = {
        "Dockerfile": f'{IMAGE}ENTRYPOINT ["/app/bin/entry.sh"]\nCMD ["daphne", "a:b"]\n',
        "bin/entry.sh": '#!/bin/sh\npython manage.py migrate\nexec "$@"\n',
        "start.sh": "uvicorn mysite.asgi:application\n",
    }
    called, alone = start_commands(tmp_path, files)
    assert (called.where, called.platform) == ("Dockerfile:5", "docker")
    assert (alone.where, alone.platform) == ("start.sh:1", "script")
    assert alone.is_development


def test_a_command_that_compose_replaces_is_no_start_command(tmp_path):
    files = {
        "Dockerfile": f"{IMAGE}CMD python manage.py runserver\n",
        "compose.yml": f"services:\n  web:\n    build: .\n    command: {DAPHNE}\n",
    }
    [command] = start_commands(tmp_path, files)
    assert command.where == "compose.yml:4"


def test_of_two_projects_each_is_asked_about_its_own_commands_alone(tmp_path):
    from channels_doctor import examine

    for name in ("one", "two"):
        copy(BASES / "chat", tmp_path / name)
    web = "web: cd one && daphne -b 0.0.0.0 -p $PORT mysite.asgi:application\n"
    wrong = "web: cd one && daphne -b 0.0.0.0 -p $PORT mysit.asgi:application\n"
    (tmp_path / "Procfile").write_text(web)
    assert examine(tmp_path) == []
    (tmp_path / "Procfile").write_text(wrong)
    assert [one.name for one in examine(tmp_path)] == ["start-module"]


def test_a_line_with_a_password_is_not_shown(tmp_path):
    from channels_doctor import edits, examine

    copy(BASES / "chat", tmp_path)
    (tmp_path / "chat.env").write_text("REDIS_URL=redis://:hush@localhost:6379\n")
    compose = "services:\n  web:\n    build: .\n    env_file: chat.env\n"
    compose += "  redis:\n    image: redis:7\n"
    (tmp_path / "compose.yaml").write_text(compose)
    [finding] = examine(tmp_path)
    assert finding.name == "redis-localhost"
    assert "hush" not in repr(finding) + edits.diff({}, finding.edits)
