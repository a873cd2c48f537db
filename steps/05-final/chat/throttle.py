"""Limits on guessing: how many tries an address or a person has.

django-axes protects each account against guessing from one address
(config/passwords.py). It doesn't count one guess at each of a thousand accounts, sign-ups,
requests for mail, or the passwords of rooms; these limits do. The counts are in memory, so
each process has its own. With two processes there are twice as many tries, which is still
few.
"""

import math
import threading
from functools import wraps

from django.shortcuts import render

from chat.limits import Bucket

# A class of 30 shares one address, and some of them mistype.
WRONG_PER_ADDRESS = 100
SIGN_UPS_PER_ADDRESS = 200
RESETS_PER_ADDRESS = 60
# For a person who is logged in: passwords of rooms, and the person's old password.
WRONG_PER_PERSON = 10
# Otherwise anyone could fill somebody else's mailbox.
MAILS_PER_MAILBOX = 3
EVERY = 10  # seconds until one more try
EVERY_MAIL = 600  # seconds
MOST_KEYS = 10_000
MOST_OF_A_NAME = 150  # the longest name of an account
MOST_OF_AN_EMAIL = 254


class Tries:
    """How many tries each address, person or mailbox has left."""

    def __init__(self, most, every=EVERY):
        self.most = most
        self.every = every
        self.buckets = {}
        self.lock = threading.Lock()  # each page has a thread of its own

    def take(self, key):
        """Use one try; return 0, or how many seconds until there is one.

        Without a key, such as the person on a log-in page, there is no limit.
        """
        if key is None:
            return 0
        with self.lock:
            if len(self.buckets) > MOST_KEYS:
                self.forget_full()
            bucket = self.buckets.setdefault(key, Bucket(1 / self.every, self.most))
            return math.ceil(bucket.take())

    def give_back(self, key):
        """Return a try: it wasn't a guess."""
        with self.lock:
            if key in self.buckets:
                self.buckets[key].tokens += 1

    def forget_full(self):
        """Forget those that have all of their tries."""
        for key, bucket in list(self.buckets.items()):
            if bucket.is_full():
                del self.buckets[key]


wrong_by_address = Tries(WRONG_PER_ADDRESS)
wrong_by_person = Tries(WRONG_PER_PERSON)
sign_ups = Tries(SIGN_UPS_PER_ADDRESS)
resets = Tries(RESETS_PER_ADDRESS)
mails = Tries(MAILS_PER_MAILBOX, EVERY_MAIL)


def address_of(request):
    """Return where a request comes from.

    Behind our front server, `--proxy-headers` has put its X-Forwarded-For here.
    """
    return request.META.get("REMOTE_ADDR", "")


def person_of(request):
    """Return the key of the person who is logged in, or None."""
    return request.user.pk


def mailbox_in(request):
    """Return the email address in a form, cut to what a form accepts."""
    return request.POST.get("email", "").strip().lower()[:MOST_OF_AN_EMAIL]


def limit_forms(view, *limits, forgive=False):
    """Count each form that is sent to a view: `limits` are (tries, key of a request).

    Tries are taken before the view runs, so that a thousand forms at once count too. With
    `forgive`, a form that is accepted, and so redirects to another page, doesn't count.
    """

    @wraps(view)
    def limited(request, *args, **kwargs):
        if request.method != "POST":
            return view(request, *args, **kwargs)
        keys = [(tries, key_of(request)) for tries, key_of in limits]
        taken = []
        for tries, key in keys:
            if wait := tries.take(key):
                # A person who has no try left must not use up those of the address.
                give_back(taken)
                return too_many(request, wait)
            taken.append((tries, key))
        response = view(request, *args, **kwargs)
        if forgive and response.status_code == 302:
            give_back(taken)
        return response

    return limited


def give_back(taken):
    """Return tries that were taken."""
    for tries, key in taken:
        tries.give_back(key)


def limit_guesses(view):
    """Count each form that a view refuses against its address and its person."""
    limits = (wrong_by_person, person_of), (wrong_by_address, address_of)
    return limit_forms(view, *limits, forgive=True)


def too_many(request, wait):
    """Answer that somebody must wait."""
    page = render(request, "chat/too_many.html", status=429)
    page["Retry-After"] = str(wait)
    return page


def name_tried(request, credentials=None):
    """Return the name in a login, cut to what django-axes can store."""
    return str((credentials or request.POST).get("username", ""))[:MOST_OF_A_NAME]


def locked_out(request, response=None, credentials=None):
    """Answer when django-axes has locked an account for an address."""
    return too_many(request, 60)
