"""Secrets in a project's files aren't printed, in any format."""

import pytest

from channels_doctor.cli import main
from channels_doctor.finding import Note
from channels_doctor.secrets import hide
from tests.doctor_scenes import chat, find, finding

S = "Xk7_pq92-zz"


@pytest.mark.parametrize(
    "line",
    [
        f'SECRET_KEY = "{S}"',
        f"SECRET_KEY = '{S}'",
        f'SECRET_KEY: str = "{S}"',
        f'SECRET_KEY = "django-insecure-{S}"',
        f'SECRET_KEY = os.environ.get("SECRET_KEY", "{S}")',
        f'SECRET_KEY = os.getenv("SECRET_KEY", default="{S}")',
        f'SECRET_KEY = env.str("DJANGO_SECRET_KEY", "{S}")',
        f'SECRET_KEY = config("SECRET_KEY", default="{S}", cast=str)',
        f'SECRET_KEY = b"{S}"',
        f'SECRET_KEY = (\n    "{S}"\n)',
        f'-SECRET_KEY = (\n-    "{S}"',
        f'    "PASSWORD": "{S}",',
        f"    'PASSWORD': '{S}',",
        f'"password" : "{S}"',
        f'DATABASES["default"]["PASSWORD"] = "{S}"',
        f'EMAIL_HOST_PASSWORD="{S}"',
        f'connect(host="db", password="{S}")',
        f'os.environ["OPENAI_API_KEY"] = "{S}"',
        f'os.environ.setdefault("SECRET_KEY", "{S}")',
        f'const apiKey = "{S}";',
        f"const token = `x`, apiToken = '{S}'",
        f'SENHA = "{S}"',
        f'hosts = ["redis://:{S}@redis:6379/0"]',
        f'"hosts": [("redis://ana:{S}@10.0.0.1:6379")]',
        f"DATABASE_URL=postgres://ana:{S}@db/chat",
        f"SECRET_KEY={S}",
        f"+SECRET_KEY={S}",
        f"export SECRET_KEY={S}",
        f"ENV SECRET_KEY={S}",
        f"ENV SECRET_KEY {S}",
        f"      POSTGRES_PASSWORD: {S}",
        f"      - POSTGRES_PASSWORD={S}",
        f'SECRET_KEY = "{S}',
        f'SECRET_KEY = """{S}\n{S}"""',
        "AWS = 'AKIAXk7Xk7Xk7Xk7Xk7X'".replace("Xk7Xk7Xk7Xk7Xk7X", "ABCDEFGHIJKLMNOP"),
        "x = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'",
        "x = 'sk-proj-abcdefghijklmnopqrstuvwxyz'",
        "x = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_123'",
    ],
)
def test_hidden(line):
    shown = hide(line)
    for secret in (S, "ABCDEFGHIJKLMNOP", "abcdefghij", "eyJhbG"):
        assert secret not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "line",
    [
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        "SECRET_KEY = env('SECRET_KEY')",
        "SECRET_KEY = config('SECRET_KEY')",
        'SECRET_KEY = ""',
        "SECRET_KEY = get_secret()",
        "      SECRET_KEY: ${SECRET_KEY}",
        "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}",
        "AUTH_PASSWORD_VALIDATORS = []",
        '"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",',
        "{% csrf_token %}",
        'password = request.POST["password"]',
        "from django.contrib.auth.tokens import default_token_generator",
        '"hosts": [("127.0.0.1", 6379)]',
        'new WebSocket("ws://" + location.host + "/ws/chat/")',
        "redis://redis:6379/0",
        'await self.channel_layer.group_send(group, {"type": "chat.message"})',
        'INSTALLED_APPS = ["daphne", "rest_framework.authtoken"]',
        '@login_required(login_url="/login/")',
        "channels-redis==4.3.0",
    ],
)
def test_left_as_it_is(line):
    assert hide(line) == line


def test_no_format_prints_one(tmp_path, monkeypatch, capsys):
    settings = f'NAME = "ana"\nSECRET_KEY = "{S}"\nURL = "redis://:{S}@redis"\n'

    def check(project):
        source = project.sources["mysite/settings.py"]
        project.notes.append(Note("mysite/settings.py", f"redis://:{S}@redis is odd"))
        for number in (1, 2, 3):
            yield finding(
                where=f"mysite/settings.py:{number}",
                what=f"redis://:{S}@redis isn't there.",
                do=f'Write SECRET_KEY = "{S}".',
                edits=(source.replace_line(number, f'PASSWORD = "{S}"'),),
            )

    find(monkeypatch, check)
    folder = str(chat(tmp_path, **{"mysite/settings.py": settings}))
    for form in ("text", "json", "github"):
        main([folder, "--all", "--format", form])
        printed = capsys.readouterr()
        assert "***" in printed.out
        assert S not in printed.out + printed.err
