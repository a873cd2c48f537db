"""How many messages are new to a person in each room, for the lobby."""

from django.db import connection
from django.db.models import Count, F
from django.db.models.functions import Greatest

from chat.models import ReadMark

MOST_UNREAD = 100  # the lobby shows 99+

# One query for many people, such as a class whose server is restarted. Django's own
# "insert or update" can't compare with what is stored. In order, because two processes
# that lock the same rows in different orders would wait for each other.
NOTE = """
INSERT INTO chat_readmark (room_id, user_id, seq)
SELECT room.id, person.id, new.column3
FROM (VALUES {rows}) AS new
JOIN chat_room AS room ON room.id = new.column1
JOIN auth_user AS person ON person.id = new.column2
WHERE true
ORDER BY room.id, person.id
ON CONFLICT (room_id, user_id) DO UPDATE SET seq = excluded.seq
WHERE excluded.seq > chat_readmark.seq
OR chat_readmark.seq > (SELECT last_seq FROM chat_room WHERE id = excluded.room_id)
"""


def note_read(places):
    """Store how far people have read: `places` are (room pk, user pk, seq).

    A smaller number than the stored one is ignored, because the person may have read on in
    another window, unless the room's numbers have started over below it. So are rooms and
    people that no longer exist.
    """
    furthest = {}
    for room_pk, user_pk, seq in places:
        place = room_pk, user_pk
        furthest[place] = max(seq, furthest.get(place, 0))
    if not furthest:
        return
    values = [value for place, seq in furthest.items() for value in (*place, seq)]
    query = NOTE.format(rows=", ".join(["(%s, %s, %s)"] * len(furthest)))
    with connection.cursor() as cursor:
        cursor.execute(query, values)


def unread_for(user, rooms):
    """Return {room pk: number of new messages} for the rooms that have some.

    At most MOST_UNREAD, because counting a hundred thousand would take long. Nothing is
    new in a room that the person has never visited.
    """
    marks = ReadMark.objects.filter(user=user, room__in=rooms)
    oldest = Greatest(F("seq"), F("room__last_seq") - MOST_UNREAD)
    newer = marks.filter(room__message__seq__gt=oldest)
    counts = newer.values("room").annotate(new=Count("room__message"))
    return dict(counts.values_list("room", "new"))
