"""Limits on guessing: how many tries an address or a person has.

django-axes protects each account against guessing from one address
(config/settings.py). It doesn't count one guess at each of a thousand accounts, sign-ups,
or the passwords of rooms; these limits do. The counts are in memory, so each process has
its own. With two processes there are twice as many tries, which is still few.
"""

import math
import threading
from functools import wraps

from django.shortcuts import render

from chat.limits import Bucket

# A class of 30 shares one address, and some of them mistype.
WRONG_PER_ADDRESS = 100
SIGN_UPS_PER_ADDRESS = 200
# For a person who is logged in: passwords of rooms, and the person's old password.
WRONG_PER_PERSON = 10
EVERY = 10  # seconds until one more try
MOST_KEYS = 10_000
MOST_OF_A_NAME = 150  # the longest name of an account


class Tries:
    """How many tries each address, or each person, has left."""

    def __init__(self, most, every=EVERY):
        self.most = most
        self.every = every
        self.buckets = {}
        self.lock = threading.Lock()  # each page has a thread of its own

    def take(self, key):
        """Use one try; return 0, or how many seconds until there is one."""
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
            if not bucket.take():
                bucket.tokens += 1
            if bucket.tokens >= self.most:
                del self.buckets[key]


wrong_by_address = Tries(WRONG_PER_ADDRESS)
wrong_by_person = Tries(WRONG_PER_PERSON)
sign_ups = Tries(SIGN_UPS_PER_ADDRESS)


def address_of(request):
    """Return where a request comes from.

    Behind our front server, `--proxy-headers` has put its X-Forwarded-For here.
    """
    return request.META.get("REMOTE_ADDR", "")


def limit_guesses(view):
    """Count each form that a view refuses against its address and its person.

    An accepted form redirects to another page. A try is taken before the view runs, so
    that a thousand at once count too, and returned if the form was accepted.
    """

    @wraps(view)
    def limited(request, *args, **kwargs):
        if request.method != "POST":
            return view(request, *args, **kwargs)
        keys = [(wrong_by_address, address_of(request))]
        if request.user.is_authenticated:
            # First: somebody who has no try left must not use up those of the address.
            keys.insert(0, (wrong_by_person, request.user.pk))
        for number, (tries, key) in enumerate(keys):
            if wait := tries.take(key):
                for before, its_key in keys[:number]:
                    before.give_back(its_key)
                return too_many(request, wait)
        response = view(request, *args, **kwargs)
        if response.status_code == 302:
            for tries, key in keys:
                tries.give_back(key)
        return response

    return limited


def limit_sign_ups(view):
    """Limit how many accounts an address can try to make."""

    @wraps(view)
    def limited(request, *args, **kwargs):
        if request.method == "POST" and (wait := sign_ups.take(address_of(request))):
            return too_many(request, wait)
        return view(request, *args, **kwargs)

    return limited


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
